// What an attack has to know of a server, whoever made it: where its endpoints are, which apps and people it knows,
// how its pages are answered. A file of this shape lets the checks run against any server.

import type { KeyObject } from 'node:crypto'
import type { BrowserPage, TestBrowser } from '../support/browser.ts'
import type { Answer, Fields } from '../support/test-app.ts'
import type { TestClient } from '../support/world.ts'

export interface AttackTarget {
  /** With its version, and what it keeps its data in. */
  readonly name: string
  readonly issuer: string
  readonly endpoints: Endpoints
  readonly apps: TargetApps
  /** What a good authorization request has besides the usual: `openid` in its scope, and what refresh tokens come of. */
  readonly request: Fields
  /** A part of the scope of `request`, and one that the apps may ask for but that is not in it. */
  readonly scopes: { readonly part: string; readonly beyond: string }
  readonly users: { readonly victim: string; readonly attacker: string }
  readonly forms: Forms
  /** As the operator of this server would register an app. */
  register(app: NewApp): Promise<TestClient | 'refused'>
  /** What it cannot do or does not have, and why: checks that need it do not apply. */
  readonly lacks: Readonly<Partial<Record<Ability, string>>>
  /** A further app that authenticates with assertions it signs, by ES256. */
  readonly signer?: { readonly id: string; readonly privateKey: KeyObject }
  /** Token endpoint of a second server process on the same data. */
  readonly secondTokenEndpoint?: string
  /** Headers that a proxy which the server trusts adds to a request from this address. */
  callerAt?(address: string): Readonly<Record<string, string>>
  /** As the operator of this server would end an app for good. */
  disable?(clientId: string): Promise<void>
  /** Another process on the same data, whose access tokens live for so long. */
  startWithLifetime?(seconds: number): Promise<LoweredServer>
  /** What it does by itself, sooner or later, about all that has expired. */
  cleanUp?(): Promise<void>
  /** Presents a JWT that somebody signed whom the server trusts, with these claims beside those that it must have. */
  presentJwt?(claims: JwtClaims): Promise<Answer>
  /** Where APIs read what was revoked. */
  readonly revocationFeed?: string
  openKeyExchange?(): Promise<KeyExchange>
  readonly portal?: DeveloperPortal
  advanceClock?(seconds: number): void
  /** Everything that was logged up to now. */
  readLog?(): string
  stop(): Promise<void>
}

export type Ability =
  | 'second process'
  | 'clock'
  | 'log'
  | 'own sign-in pages'
  | 'own HTTP server'
  | 'security headers'
  | 'rate limits'
  | 'callers of many addresses'
  | 'end of an app'
  | 'another lifetime'
  | 'JWTs of others'
  | 'feed of revocations'
  | 'key exchange'
  | 'portal'

/** Absolute URLs. */
export interface Endpoints {
  readonly metadata: string
  readonly authorize: string
  readonly token: string
  readonly revoke: string
  readonly introspect: string
  readonly userinfo: string
  readonly jwks: string
  readonly signOut: string
}

export interface TargetApps {
  /** Confidential, with HTTP Basic; its redirect URI is https and has neither port nor query. */
  readonly web: TestClient
  /** The same, of somebody else. */
  readonly other: TestClient
  /** Public, in a browser; its refresh tokens are rotated. */
  readonly spa: TestClient
  /** Public, on a device, with `http://127.0.0.1/callback`. */
  readonly native: TestClient
  /** For client_credentials. */
  readonly machine: TestClient
  /** The credentials with which the API introspects. */
  readonly api: TestClient
}

export interface NewApp {
  readonly id: string
  /** `machine`: for client_credentials, without a redirect URI. */
  readonly kind: 'web' | 'native' | 'machine'
  readonly redirectUri: string
  readonly name?: string
}

type FormFields = Readonly<Record<string, string>>

/** What is filled in by hand; hidden fields are sent as they came. */
export interface Forms {
  signIn(user: string): FormFields
  readonly allow: FormFields
  readonly deny: FormFields
  readonly signOut: FormFields
}

export interface LoweredServer {
  readonly endpoints: Pick<Endpoints, 'token' | 'revoke' | 'introspect'>
  stop(): Promise<void>
}

/** What says how long it is good, and how often: left out, it has no such claim. */
export interface JwtClaims {
  readonly livesSeconds?: number
  readonly jti?: string
}

/** Consumers of two organisations, each with a key that is exchanged for tokens of its consumers. */
export interface KeyExchange {
  readonly keys: { readonly own: string; readonly foreign: string }
  /** Two consumers of the first organisation, each by a code of their own. */
  readonly codes: readonly [string, string]
  readonly passCode: { readonly identifier: string; readonly passCode: string }
  exchange(presented: PresentedToKey, from: { key: string; address: string }): Promise<Answer>
}

export type PresentedToKey =
  | { readonly code: string }
  | { readonly identifier: string; readonly passCode: string }

/** Pages on which account holders register apps and change them. */
export interface DeveloperPortal {
  /** A name that the tenant or an app of the operator has: no account holder may pass for it. */
  readonly vouchedNames: readonly string[]
  /** A browser of the attacker, signed in there. */
  enter(): Promise<TestBrowser>
  /** @returns the answer, which shows the app unless it was refused */
  register(browser: TestBrowser, app: { name: string; redirectUri: string }): Promise<BrowserPage>
  /** @param page of an app, as registering it answered */
  rename(browser: TestBrowser, page: BrowserPage, name: string): Promise<BrowserPage>
}
