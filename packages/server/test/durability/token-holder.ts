// What an app was told before a kill, and still holds after it: every access token, and of each grant the refresh token
// that it would use next. Access tokens must be opaque: a JWT can be active without any record of it.

import type { Answer, TestApp } from '../support/test-app.ts'

export class TokenHolder {
  readonly #app: TestApp
  readonly #accessTokens: string[] = []
  readonly #refreshTokens: string[] = []

  constructor(app: TestApp) {
    this.#app = app
  }

  /** Keeps the tokens of a new grant. @returns whether there were any */
  async open(ask: () => Promise<Answer>): Promise<boolean> {
    const { status, body } = await ask()
    if (status !== 200) return false
    this.#accessTokens.push(body.access_token)
    if (body.refresh_token !== undefined) this.#refreshTokens.push(body.refresh_token)
    return true
  }

  /** Keeps what a refresh of the newest grant gives; the first one is opened. */
  async refreshOrOpen(ask: () => Promise<Answer>): Promise<boolean> {
    const token = this.#refreshTokens.at(-1)
    if (token === undefined) return this.open(ask)
    const { status, body } = await this.#app.refresh(token)
    if (status !== 200) return false
    this.#accessTokens.push(body.access_token)
    this.#refreshTokens[this.#refreshTokens.length - 1] = body.refresh_token
    return true
  }

  async findLost(): Promise<readonly string[]> {
    const lost: string[] = []
    // Its successor may have been on the way when the power went: the app still holds this one, and it must work.
    for (const token of this.#refreshTokens) {
      const { status, text } = await this.#app.refresh(token)
      if (status !== 200) lost.push(`a refresh token refreshes nothing: ${text}`)
    }
    for (const token of this.#accessTokens) {
      const { body } = await this.#app.introspect(token)
      if (!body.active) lost.push('an access token is unknown')
    }
    return lost
  }
}
