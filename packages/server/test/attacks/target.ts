// What an attack has to know of a server, whoever made it: where its endpoints are, which apps and people it knows,
// how its pages are answered. A file of this shape lets the checks run against any server.

import type { KeyObject } from 'node:crypto'
import type { Fields } from '../support/test-app.ts'
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
  /** Where APIs read what was revoked. */
  readonly revocationFeed?: string
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
  | 'feed of revocations'

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
  readonly kind: 'web' | 'native'
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
