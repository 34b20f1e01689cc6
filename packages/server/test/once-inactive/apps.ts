// The apps of a world: those that all tests have, and two that only some contracts serve.

import type { ClientRecord } from '../../src/store/records.ts'
import {
  clientRecord,
  MACHINE,
  STABLE_APP,
  secretRecord,
  type TestClient,
  WEB_APP,
} from '../support/world.ts'

/** One whose refresh tokens are replaced, and one whose stay. */
export const APPS = [WEB_APP, STABLE_APP] as const

/** Of the product itself; takes passwords. */
export const DESKTOP_APP: TestClient = {
  id: 'desktop-app',
  secret: 'desktop-app-secret-0123456789',
  redirectUri: '',
}
/** Gets its tokens by the implicit grant. */
export const BROWSER_APP: TestClient = {
  id: 'browser-app',
  secret: undefined,
  redirectUri: 'https://browser.example/callback',
}

/** All that can prove who they are. */
export const CONFIDENTIAL_APPS: readonly TestClient[] = [...APPS, MACHINE, DESKTOP_APP]

/** Whatever a contract allows, for longer than any sequence takes. */
export const MAY_ALL: ClientRecord['allowances'] = (
  ['password', 'implicit', 'long-access-token'] as const
).map((name) => ({ name, owner: 'tests', reason: 'tests', endsAtSeconds: 4_000_000_000 }))

const FIELDS: Readonly<Record<string, Partial<ClientRecord>>> = {
  [DESKTOP_APP.id]: { party: 'first', redirectUris: [], grantTypes: ['password', 'refresh_token'] },
  [BROWSER_APP.id]: { type: 'public', grantTypes: ['implicit'] },
}

export function recordOf(app: TestClient, nowSeconds: number): ClientRecord {
  const scopes = ['contacts:read']
  const rest = { scopes, defaultScopes: scopes, allowances: MAY_ALL }
  return clientRecord(app, { ...rest, ...FIELDS[app.id] }, nowSeconds)
}

export function secretOf({ secret }: TestClient, client: ClientRecord, nowSeconds: number) {
  return secret === undefined ? null : secretRecord(secret, client, nowSeconds)
}

export const USERNAMES = ['ada', 'bob'] as const
export type Username = (typeof USERNAMES)[number]
