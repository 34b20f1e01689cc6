// What every check plays with: the apps of a target, and a browser whose user has signed in and said yes before.

import type { TestBrowser } from '../support/browser.ts'
import type { TestClient } from '../support/world.ts'
import { AppUnderAttack } from './app-under-attack.ts'
import { paramsOf } from './redirect-params.ts'
import type { AttackTarget, NewApp } from './target.ts'

const SESSION_SECONDS = 3600

export class Scene {
  readonly target: AttackTarget
  readonly web: AppUnderAttack
  readonly other: AppUnderAttack
  readonly spa: AppUnderAttack
  readonly native: AppUnderAttack
  readonly machine: AppUnderAttack
  readonly #registered = new Map<string, Promise<AppUnderAttack>>()
  #browser: Promise<TestBrowser> | undefined

  constructor(target: AttackTarget) {
    const { web, other, spa, native, machine } = target.apps
    this.target = target
    this.web = this.app(web)
    this.other = this.app(other)
    this.spa = this.app(spa)
    this.native = this.app(native)
    this.machine = this.app(machine)
  }

  app(client: TestClient): AppUnderAttack {
    return new AppUnderAttack(this.target, client)
  }

  /** The victim's, shared by all checks: none may end its session. */
  browser(): Promise<TestBrowser> {
    this.#browser ??= this.signIn()
    return this.#browser
  }

  /** A browser of its own. */
  async signIn(user = this.target.users.victim): Promise<TestBrowser> {
    return (await this.web.obtainCode({ user })).browser
  }

  /** Asks for a code without showing anything. @returns `code`, or the error */
  async askSilently(browser: TestBrowser): Promise<string> {
    const page = await browser.open(this.web.authorizeUrl({ prompt: 'none' }))
    const sent = paramsOf(page)
    return sent.get('error') ?? (sent.has('code') ? 'code' : `${page.status}`)
  }

  /** What the API is told of an access token. */
  async isActive(token: string): Promise<boolean> {
    const { body } = await this.app(this.target.apps.api).introspect(token)
    return body.active
  }

  advance(seconds: number): void {
    if (!this.target.advanceClock) throw new Error('this check has to name the clock as a need')
    this.target.advanceClock(seconds)
    if (seconds > SESSION_SECONDS) this.#browser = undefined
  }

  /** One app per id, for all checks that name it. */
  register(app: NewApp): Promise<AppUnderAttack> {
    const known = this.#registered.get(app.id)
    if (known) return known
    const registered = this.target.register(app).then((client) => {
      if (client === 'refused') throw new Error(`the app ${app.id} was refused`)
      return this.app(client)
    })
    this.#registered.set(app.id, registered)
    return registered
  }
}
