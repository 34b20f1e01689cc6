// Somebody in a browser, as far as tokens hang on them: signs in, allows an app, takes that back, signs out.

import { TestBrowser } from '../support/browser.ts'
import { cookieName } from '../support/cookie-name.ts'
import { kindOf } from '../support/page-kind.ts'
import { newPkce, TestApp } from '../support/test-app.ts'
import { PASSWORD, type TestClient, WEB_APP } from '../support/world.ts'
import type { Caller } from './caller.ts'
import type { Operation } from './history.ts'
import { outcomeOf, readEnd, type Told } from './recorder.ts'

/** The one organisation that everybody here belongs to. */
export const ORGANISATION = 'acme'

export interface Code {
  readonly value: string
  readonly verifier: string
}

export class Person {
  readonly #caller: Caller
  readonly username: string
  #browser = new TestBrowser()
  #server = ''

  constructor(caller: Caller, username: string) {
    this.#caller = caller
    this.username = username
  }

  get session(): string | undefined {
    const { issuer } = this.#caller.place.deployment
    return this.#browser.cookies.get(cookieName(issuer, 'session'))
  }

  async signIn(): Promise<void> {
    const { issuer } = this.#caller.place.deployment
    this.#open()
    await this.#record('sign-in', {}, async () => {
      const page = await this.#browser.openAndFollow(`${issuer}/account/sign-in`)
      const fields = { username: this.username, password: PASSWORD }
      const answer = await this.#browser.submit(page, fields)
      const { session } = this
      const outcome = outcomeOf(answer.status)
      return session === undefined
        ? { outcome: 'unknown', status: answer.status }
        : { outcome, status: answer.status, session }
    })
  }

  /** Whether that process still knows who this is. Stands in no history. */
  async isSignedInAt(url: string): Promise<boolean> {
    const browser = new TestBrowser(url)
    for (const [name, value] of this.#browser.cookies) browser.cookies.set(name, value)
    const app = new TestApp(this.#caller.place.deployment, WEB_APP)
    return kindOf(await browser.openAndFollow(app.authorizeUrl())) !== 'sign-in'
  }

  /** @returns a code, unless something is in the way: no session, no consent yet */
  async authorize(client: TestClient): Promise<Code | undefined> {
    this.#move()
    const { verifier, challenge } = newPkce()
    const app = new TestApp(this.#caller.place.deployment, client)
    const url = app.authorizeUrl({ code_challenge: challenge })
    let needsConsent = false
    const readCode = (page: { status: number; location: string | undefined }): Told => {
      const code = new URL(page.location ?? 'about:blank').searchParams.get('code')
      if (code === null) return { outcome: 'unknown', status: page.status }
      return { outcome: 'ok', status: page.status, code }
    }
    const told = await this.#record('authorize', { client }, async () => {
      const page = await this.#browser.openAndFollow(url)
      // To be asked for one's password is to hear that the session is no good.
      if (kindOf(page) === 'sign-in') return { outcome: 'refused', status: page.status }
      needsConsent = kindOf(page) === 'consent'
      return readCode(page)
    })
    if (told.code !== undefined) return { value: told.code, verifier }
    if (!needsConsent) return undefined
    const allowed = await this.#record('consent', { client }, async () => {
      const page = await this.#browser.openAndFollow(url)
      const isAsked = kindOf(page) === 'consent'
      return readCode(isAsked ? await this.#browser.submit(page, { decision: 'allow' }) : page)
    })
    return allowed.code === undefined ? undefined : { value: allowed.code, verifier }
  }

  /** Takes back all that the app was allowed. */
  async disconnect(client: TestClient): Promise<void> {
    this.#move()
    const { issuer } = this.#caller.place.deployment
    const query = new URLSearchParams({ app: client.id, organisation: ORGANISATION })
    const page = await this.#browser
      .openAndFollow(`${issuer}/account/apps/remove?${query}`)
      .catch(() => undefined)
    const form = page?.root
      .querySelectorAll('form')
      .find((each) => each.getAttribute('action')?.endsWith('/apps/remove'))
    if (page === undefined || form === undefined) return
    await this.#record('disconnect', { client }, async () => {
      const answer = await this.#browser.submitForm({ page, form }, {})
      // Whoever is sent to sign in first has removed nothing.
      const isDone = answer.location?.includes('/account/apps') ?? false
      return isDone ? readEnd(answer) : { outcome: 'unknown', status: answer.status }
    })
  }

  async signOut(): Promise<void> {
    this.#move()
    const { issuer } = this.#caller.place.deployment
    const page = await this.#browser.open(`${issuer}/sign-out`).catch(() => undefined)
    if (page === undefined || kindOf(page) !== 'sign-out') return
    // A copy of the cookie, as somebody may have taken: it must be worth nothing from now on.
    const before = new Map(this.#browser.cookies)
    await this.#record('sign-out', {}, async () => readEnd(await this.#browser.submit(page, {})))
    for (const [name, value] of before) this.#browser.cookies.set(name, value)
  }

  #record(
    operation: Operation,
    { client }: { client?: TestClient },
    ask: () => Promise<Told>,
  ): Promise<Told> {
    const { session } = this
    const isSignIn = operation === 'sign-in'
    return this.#caller.record(
      {
        server: this.#server,
        operation,
        user: this.username,
        ...(client && { client: client.id }),
        ...(session !== undefined && !isSignIn && operation !== 'disconnect' && { uses: session }),
      },
      ask,
    )
  }

  /** A browser that knows nothing. */
  #open(): void {
    this.#server = this.#caller.random.pick(this.#caller.place.servers).url
    this.#browser = new TestBrowser(this.#server)
  }

  /** The same one, behind a proxy that sends it to any of the processes. */
  #move(): void {
    const { cookies } = this.#browser
    this.#open()
    for (const [name, value] of cookies) this.#browser.cookies.set(name, value)
  }
}
