// A third-party app as its developer would write it by hand: authorization URL, callback, token requests.

import { createHash, randomBytes } from 'node:crypto'
import { type BrowserPage, TestBrowser } from './browser.ts'
import type { TestServer } from './start-server.ts'
import { usualBrowser } from './usual-browser.ts'
import { PASSWORD, type TestClient } from './world.ts'

export type Fields = Record<string, string | readonly string[] | undefined>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into whatever came back
  readonly body: any
  readonly text: string
}

export interface TokenSet {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token?: string
  readonly scope: string
  readonly expires_in: number
}

/** What the user says to the pages. */
export interface Answers {
  readonly user?: string
  readonly password?: string | undefined
  readonly organisation?: string
}

/** A PKCE pair (RFC 7636 §4.1). */
export function newPkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Where the app finds its server; the paths are those of `standard` unless it says otherwise. */
type ServerOfApp = Pick<TestServer, 'issuer'> & Partial<Pick<TestServer, 'paths'>>

export class TestApp {
  readonly server: ServerOfApp
  readonly client: TestClient

  constructor(server: ServerOfApp, client: TestClient) {
    this.server = server
    this.client = client
  }

  /** An authorization URL with everything a good app sends; `fields` change or, with undefined, remove. */
  authorizeUrl(fields: Fields = {}): string {
    const { issuer, paths } = this.server
    const url = new URL(`${issuer}${paths?.authorize ?? '/authorize'}`)
    const all: Fields = {
      response_type: 'code',
      client_id: this.client.id,
      redirect_uri: this.client.redirectUri,
      scope: 'contacts:read',
      state: 'state-1',
      code_challenge: newPkce().challenge,
      code_challenge_method: 'S256',
      ...fields,
    }
    for (const [name, value] of Object.entries(all)) {
      for (const each of [value ?? []].flat()) url.searchParams.append(name, each)
    }
    return url.href
  }

  /** Lets a user sign in and allow it. @returns what the redirect carried to the app. */
  async obtainCode(
    options: Answers & { fields?: Fields; browser?: TestBrowser } = {},
  ): Promise<{ code: string; verifier: string; params: URLSearchParams; browser: TestBrowser }> {
    const { verifier, challenge } = newPkce()
    const browser = options.browser ?? new TestBrowser()
    const fields = { code_challenge: challenge, ...options.fields }
    const first = await browser.openAndFollow(this.authorizeUrl(fields))
    const last = await this.answerPages(browser, first, options)
    if (last.location === undefined)
      throw new Error(`no redirect to the app: ${last.status} ${last.text}`)
    const { searchParams } = new URL(last.location)
    return { code: searchParams.get('code') ?? '', verifier, params: searchParams, browser }
  }

  /** Signs in and allows, whichever of the two is asked. @returns the answer that leads to the app. */
  async answerPages(
    browser: TestBrowser,
    first: BrowserPage,
    { user = 'ada', password = PASSWORD, organisation }: Answers = {},
  ): Promise<BrowserPage> {
    let page = first
    if (page.root.querySelector('[name=password]')) {
      page = await browser.submitAndFollow(page, { username: user, password })
    }
    if (page.root.querySelector('[name=decision]')) {
      page = await browser.submitAndFollow(page, {
        decision: 'allow',
        ...(organisation !== undefined && { organisation }),
      })
    }
    return page
  }

  /** The whole road to tokens; without a browser of their own, people sign in the first time only. */
  async obtainTokens(options: Parameters<TestApp['obtainCode']>[0] = {}): Promise<TokenSet> {
    const browser = options.browser ?? usualBrowser(this.server.issuer, options)
    const { code, verifier } = await this.obtainCode({ ...options, browser })
    const answer = await this.redeem(code, verifier)
    if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${answer.text}`)
    return answer.body
  }

  redeem(code: string, verifier: string | undefined, fields: Fields = {}): Promise<Answer> {
    return this.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.client.redirectUri,
      code_verifier: verifier,
      ...fields,
    })
  }

  refresh(refreshToken: string, fields: Fields = {}): Promise<Answer> {
    return this.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...fields })
  }

  token(fields: Fields): Promise<Answer> {
    return this.post(this.server.paths?.token ?? '/token', fields)
  }

  revoke(token: string, fields: Fields = {}): Promise<Answer> {
    return this.post(this.server.paths?.revoke ?? '/revoke', { token, ...fields })
  }

  introspect(token: string, fields: Fields = {}): Promise<Answer> {
    return this.post('/introspect', { token, ...fields })
  }

  /** POSTs a form as this client: with its secret by HTTP Basic, or with its client_id when it is public. */
  post(path: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
    const { id, secret } = this.client
    if (secret === undefined) {
      return postForm(this.server.issuer + path, { client_id: id, ...fields }, headers)
    }
    const authorization = basic(id, secret)
    return postForm(this.server.issuer + path, fields, { authorization, ...headers })
  }
}

export function basic(id: string, secret: string): string {
  const text = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`
  return `Basic ${Buffer.from(text).toString('base64')}`
}

export async function postForm(
  url: string,
  fields: Fields,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value ?? []].flat()) body.append(name, each)
  }
  return readAnswer(
    await fetch(url, {
      method: 'POST',
      body: body.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      redirect: 'manual',
    }),
  )
}

export async function getAnswer(
  url: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return readAnswer(await fetch(url, { headers, redirect: 'manual' }))
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    body: json && text !== '' ? JSON.parse(text) : undefined,
    text,
  }
}
