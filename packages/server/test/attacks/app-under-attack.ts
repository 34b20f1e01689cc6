// An app of the target, as its developer would write it by hand, and the browser of whoever signs in to it.

import { setTimeout } from 'node:timers/promises'
import { type BrowserPage, TestBrowser } from '../support/browser.ts'
import { type Answer, basic, type Fields, newPkce, postForm } from '../support/test-app.ts'
import type { TestClient } from '../support/world.ts'
import { paramsOf } from './redirect-params.ts'
import type { AttackTarget } from './target.ts'

interface CodeOptions {
  readonly browser?: TestBrowser
  readonly user?: string
  readonly fields?: Fields
}

const MOST_PAGES = 12
const MOST_REPEATS = 20
const REPEAT_AFTER_MS = 200

export class AppUnderAttack {
  readonly target: AttackTarget
  readonly client: TestClient

  constructor(target: AttackTarget, client: TestClient) {
    this.target = target
    this.client = client
  }

  /** As a good app asks; `fields` change or, with undefined, remove. */
  authorizeUrl(fields: Fields = {}): string {
    const url = new URL(this.target.endpoints.authorize)
    const all: Fields = {
      response_type: 'code',
      client_id: this.client.id,
      redirect_uri: this.client.redirectUri,
      state: 'state-1',
      code_challenge: newPkce().challenge,
      code_challenge_method: 'S256',
      ...this.target.request,
      ...fields,
    }
    for (const [name, value] of Object.entries(all)) {
      for (const each of [value ?? []].flat()) url.searchParams.append(name, each)
    }
    return url.href
  }

  open(fields: Fields, browser = new TestBrowser()): Promise<BrowserPage> {
    return browser.open(this.authorizeUrl(fields))
  }

  /** The same, led on to the page that this server answers with. */
  openAndSettle(fields: Fields, browser = new TestBrowser()): Promise<BrowserPage> {
    return browser.openAndFollow(this.authorizeUrl(fields))
  }

  /** Lets the victim, unless another user is named, sign in and allow it. */
  async obtainCode({ browser = new TestBrowser(), user, fields }: CodeOptions = {}) {
    const { verifier, challenge } = newPkce()
    const url = this.authorizeUrl({ code_challenge: challenge, ...fields })
    const last = await this.answerPages(browser, await browser.openAndFollow(url), user)
    const params = paramsOf(last)
    const code = params.get('code')
    if (code === null) throw new Error(`no code: ${last.status} ${last.location ?? last.text}`)
    return { code, verifier, params, browser }
  }

  /** Signs in and allows, as often as it is asked. @returns the answer that leads to the app */
  async answerPages(
    browser: TestBrowser,
    first: BrowserPage,
    user = this.target.users.victim,
  ): Promise<BrowserPage> {
    const { signIn, allow } = this.target.forms
    let page = first
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      if (page.location !== undefined) return page
      if (offers(page, signIn(user))) page = await browser.submitAndFollow(page, signIn(user))
      else if (offers(page, allow)) page = await browser.submitAndFollow(page, allow)
      else if (sendsItself(page)) page = await browser.submitAndFollow(page, {})
      else return page
    }
    throw new Error('the pages do not end')
  }

  async obtainTokens(options: CodeOptions = {}) {
    const { code, verifier, browser } = await this.obtainCode(options)
    const { status, body, text } = await this.redeem(code, verifier)
    if (status !== 200) throw new Error(`no tokens: ${status} ${text}`)
    return {
      access: String(body.access_token),
      refresh: String(body.refresh_token),
      identity: String(body.id_token),
      browser,
    }
  }

  redeem(code: string, verifier: string | undefined, fields: Fields = {}): Promise<Answer> {
    return this.token({ ...this.codeFields(code, verifier), ...fields })
  }

  codeFields(code: string, verifier: string | undefined): Fields {
    return {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.client.redirectUri,
      code_verifier: verifier,
    }
  }

  refresh(token: string, fields: Fields = {}): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: token, ...fields })
  }

  token(fields: Fields): Promise<Answer> {
    return this.post(this.target.endpoints.token, fields)
  }

  /** One request many times at once, over all the processes that there are. */
  race(count: number, fields: Fields): Promise<Answer[]> {
    const { endpoints, secondTokenEndpoint = endpoints.token } = this.target
    const urls = [endpoints.token, secondTokenEndpoint]
    const ask = async (url: string) => {
      let answer = await this.post(url, fields)
      // That a server is too busy to answer tells nothing about what it would have answered.
      for (let tries = 0; answer.status === 503 && tries < MOST_REPEATS; tries += 1) {
        await setTimeout(REPEAT_AFTER_MS)
        answer = await this.post(url, fields)
      }
      return answer
    }
    return Promise.all(Array.from({ length: count }, (_, index) => ask(urls[index % 2] ?? '')))
  }

  revoke(token: string): Promise<Answer> {
    return this.post(this.target.endpoints.revoke, { token })
  }

  introspect(token: string): Promise<Answer> {
    return this.post(this.target.endpoints.introspect, { token })
  }

  /** As this client: with its secret by HTTP Basic, or with its client_id when it is public. */
  post(url: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
    const { id, secret } = this.client
    if (secret === undefined) return postForm(url, { client_id: id, ...fields }, headers)
    return postForm(url, fields, { authorization: basic(id, secret), ...headers })
  }
}

/** Whether a page has the fields of a form. */
export function offers(page: BrowserPage, fields: Readonly<Record<string, string>>): boolean {
  return Object.keys(fields).every((name) => page.root.querySelector(`[name="${name}"]`) !== null)
}

/** A form of hidden fields that a script sends to the server itself. */
function sendsItself({ root, url }: BrowserPage): boolean {
  const form = root.querySelector('form')
  if (!form) return false
  const action = new URL(form.getAttribute('action') ?? '', url)
  const visible = form
    .querySelectorAll('input:not([type=hidden]), button, textarea, select')
    .filter((field) => field.closest('noscript') === null)
  return action.origin === new URL(url).origin && visible.length === 0
}
