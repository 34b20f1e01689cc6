// Somebody who holds tokens and does with them what apps do: refreshes, asks about them, ends them. How the tokens are
// come by is for others to say.

import { setTimeout as delay } from 'node:timers/promises'
import { TestApp } from '../support/test-app.ts'
import type { TestClient } from '../support/world.ts'
import type { Call } from './history.ts'
import type { Place } from './place.ts'
import { type Intent, readEnd, readIntrospection, readTokens, type Told } from './recorder.ts'
import type { Random } from './seeded-random.ts'

const NOBODY_THERE_MS = 25

/** What a caller has of one grant. */
export interface Held {
  /** Who presents them. */
  readonly client: TestClient
  /** Of a key or a JWT, which no app may end. */
  readonly ownerless?: boolean
  readonly user?: string
  readonly accessTokens: string[]
  /** The newest last. */
  readonly refreshTokens: string[]
  /** Was redeemed for it. */
  readonly code?: { readonly value: string; readonly verifier: string }
}

export class Caller {
  readonly id: number
  readonly place: Place
  readonly random: Random
  readonly held: Held[] = []
  /** Each shows something again that was good once. */
  readonly replays: (() => Promise<unknown>)[] = []

  constructor(input: { id: number; place: Place; random: Random }) {
    this.id = input.id
    this.place = input.place
    this.random = input.random
  }

  /** Any of the processes, as this client sees it. */
  at(client: TestClient): TestApp {
    const { deployment, servers } = this.place
    return new TestApp({ issuer: this.random.pick(servers).url, paths: deployment.paths }, client)
  }

  async record(intent: Omit<Intent, 'caller'>, ask: () => Promise<Told>): Promise<Told> {
    const told = await this.place.recorder.record({ caller: this.id, ...intent }, ask)
    // Nobody is there: to ask again at once would only keep the machine from starting it.
    if (told.status === 0) await delay(NOBODY_THERE_MS)
    return told
  }

  /** One call of an app about something that it presents. */
  async present(
    app: TestApp,
    call: { operation: Call['operation']; uses?: string; user?: string | undefined },
    ask: () => Promise<Told>,
  ): Promise<Told> {
    const { operation, uses, user } = call
    const whose = { client: app.client.id, ...(user !== undefined && { user }) }
    return this.record({ server: app.server.issuer, operation, uses, ...whose }, ask)
  }

  /** Keeps what a new grant gave. */
  keep(told: Told, about: Omit<Held, 'accessTokens' | 'refreshTokens'>): boolean {
    if (told.accessToken === undefined) return false
    const { accessToken, refreshToken } = told
    const refreshTokens = refreshToken === undefined ? [] : [refreshToken]
    this.held.push({ ...about, accessTokens: [accessToken], refreshTokens })
    return true
  }

  /** With the newest refresh token, or one before it; so many times at once. */
  async refresh(held: Held, { age = 0, times = 1 } = {}): Promise<boolean> {
    const token = held.refreshTokens.at(-1 - age)
    if (token === undefined) return false
    const answers = await Promise.all(
      Array.from({ length: times }, () => {
        const app = this.at(held.client)
        return this.present(app, { operation: 'refresh', uses: token }, async () =>
          readTokens(await app.refresh(token)),
        )
      }),
    )
    for (const { accessToken, refreshToken } of answers) {
      if (accessToken !== undefined && !held.accessTokens.includes(accessToken)) {
        held.accessTokens.push(accessToken)
      }
      if (refreshToken !== undefined && !held.refreshTokens.includes(refreshToken)) {
        held.refreshTokens.push(refreshToken)
      }
    }
    return answers.some(({ outcome }) => outcome === 'ok')
  }

  introspect(held: Held, token: string): Promise<Told> {
    const app = this.at(held.client)
    return this.present(app, { operation: 'introspect', uses: token }, async () =>
      readIntrospection(await app.introspect(token)),
    )
  }

  async revoke(held: Held, token: string): Promise<void> {
    if (held.ownerless || this.place.deployment.paths.revoke === undefined) return
    const app = this.at(held.client)
    await this.present(app, { operation: 'revoke', uses: token }, async () =>
      readEnd(await app.revoke(token)),
    )
  }

  /** Asks about everything it was ever given, and shows again what it has used. */
  async examine(): Promise<void> {
    for (const held of this.held) {
      for (const token of held.accessTokens) await this.introspect(held, token)
      await this.refresh(held)
    }
    for (const replay of this.replays) await replay()
  }
}
