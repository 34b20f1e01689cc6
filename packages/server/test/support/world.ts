// The people and apps that the tests speak of: two organisations, three users, one client of each kind.

import { hashPassword } from '../../src/identity/passwords.ts'
import { sha256 } from '../../src/platform/hash.ts'
import { newRevocationTag } from '../../src/platform/random.ts'
import { asClientId, asUserId } from '../../src/protocol/ids.ts'
import type { Store } from '../../src/store/port.ts'
import type { ClientRecord, UserRecord } from '../../src/store/records.ts'

export const TENANT = 'main'
export const PASSWORD = 'correct horse battery staple'

export const API = 'https://api.example/v1'
export const OTHER_API = 'https://other.example/v1'

/** `contacts:write` is optional: the user may untick it. `reports:read` belongs to the other API. */
export const RESOURCE_SERVERS = [
  {
    audience: API,
    name: 'CRM API',
    scopes: [
      scope({ name: 'contacts:read', text: 'see your contacts', access: 'read', optional: false }),
      scope({
        name: 'contacts:write',
        text: 'change your contacts',
        access: 'change',
        optional: true,
      }),
      scope({ name: 'projects:read', text: 'see your projects', access: 'read', optional: false }),
    ],
  },
  {
    audience: OTHER_API,
    name: 'Reports API',
    scopes: [
      scope({ name: 'reports:read', text: 'see your reports', access: 'read', optional: false }),
    ],
  },
]

function scope(input: {
  name: string
  text: string
  access: 'read' | 'change'
  optional: boolean
}) {
  const { name, text, access, optional } = input
  return {
    name,
    description: { en: text, de: text },
    group: { en: 'CRM' },
    access,
    optional,
    sensitive: false,
  }
}

export interface TestClient {
  readonly id: string
  readonly secret: string | undefined
  readonly redirectUri: string
}

export const WEB_APP: TestClient = {
  id: 'web-app',
  secret: 'web-app-secret-0123456789',
  redirectUri: 'https://app.example/callback',
}
export const SPA: TestClient = {
  id: 'spa',
  secret: undefined,
  redirectUri: 'https://spa.example/callback',
}
export const NATIVE_APP: TestClient = {
  id: 'native-app',
  secret: undefined,
  redirectUri: 'http://127.0.0.1/callback',
}
export const MACHINE: TestClient = {
  id: 'machine',
  secret: 'machine-secret-0123456789',
  redirectUri: '',
}
/** The API's own credentials, with which it introspects. */
export const API_SERVER: TestClient = {
  id: 'api-server',
  secret: 'api-secret-0123456789',
  redirectUri: '',
}
/** Another app, to play the attacker. */
export const OTHER_APP: TestClient = {
  id: 'other-app',
  secret: 'other-app-secret-0123456789',
  redirectUri: 'https://other-app.example/callback',
}
/** Confidential, with a refresh token that is not rotated. */
export const STABLE_APP: TestClient = {
  id: 'stable-app',
  secret: 'stable-app-secret-0123456789',
  redirectUri: 'https://stable.example/callback',
}

export const SECOND_REDIRECT_URI = 'https://app.example/second?kept=1'

/** ada belongs to Acme alone, bob to Acme and Globex, eve to Globex. */
export const USERS = ['ada', 'bob', 'eve'] as const
export type Username = (typeof USERS)[number]
export const ORGANISATIONS_OF: Readonly<Record<Username, readonly string[]>> = {
  ada: ['acme'],
  bob: ['acme', 'globex'],
  eve: ['globex'],
}

export async function populate(
  store: Omit<Store, 'recordAuditEvent'>,
  nowSeconds: number,
): Promise<void> {
  for (const id of ['acme', 'globex']) {
    await store.createOrganisation(
      { tenant: TENANT, id, name: id === 'acme' ? 'Acme' : 'Globex', createdAtSeconds: nowSeconds },
      ['north', 'south'].map((unit) => ({
        tenant: TENANT,
        id: `${id}-${unit}`,
        organisationId: id,
        name: unit,
      })),
    )
  }
  const passwordHash = await hashOfPassword()
  for (const username of USERS) {
    const user = userRecord(username, passwordHash, nowSeconds)
    await store.createUser(
      user,
      ORGANISATIONS_OF[username].map((organisationId) => ({
        tenant: TENANT,
        userId: user.id,
        organisationId,
        defaultUnitId: `${organisationId}-north`,
        furtherUnitIds: [],
        role: 'member' as const,
      })),
    )
  }
  await populateClients(store, nowSeconds)
}

let hash: Promise<string> | undefined

/** Of PASSWORD. It is made to be slow, so all servers of a process have the same. */
export function hashOfPassword(): Promise<string> {
  hash ??= hashPassword(PASSWORD)
  return hash
}

async function populateClients(store: Pick<Store, 'createClient'>, now: number): Promise<void> {
  const scopes = ['openid', 'profile', 'email', 'contacts:read', 'contacts:write', 'projects:read']
  const code = {
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes,
    defaultScopes: ['contacts:read'],
  }
  await add(WEB_APP, {
    ...code,
    scopes: [...scopes, 'reports:read'],
    redirectUris: [WEB_APP.redirectUri, SECOND_REDIRECT_URI],
    postLogoutRedirectUris: ['https://app.example/goodbye'],
    publisher: 'Example Apps Ltd',
  })
  await add(SPA, { ...code, type: 'public' })
  await add(NATIVE_APP, {
    ...code,
    type: 'public',
    redirectUris: [NATIVE_APP.redirectUri, 'http://[::1]/callback', 'com.example.app:/callback'],
  })
  await add(OTHER_APP, code)
  await add(STABLE_APP, { ...code, refreshPolicy: 'stable' })
  await add(MACHINE, {
    redirectUris: [],
    grantTypes: ['client_credentials'],
    scopes: ['contacts:read', 'contacts:write', 'reports:read'],
    defaultScopes: ['contacts:read'],
    organisationId: 'acme',
    unitId: 'acme-north',
  })
  await add(API_SERVER, { redirectUris: [], grantTypes: [], resourceServer: API })

  async function add(client: TestClient, fields: Partial<ClientRecord>): Promise<void> {
    const record = clientRecord(client, fields, now)
    const secret = client.secret === undefined ? null : secretRecord(client.secret, record, now)
    await store.createClient(record, secret)
  }
}

export function clientRecord(
  client: TestClient,
  fields: Partial<ClientRecord>,
  nowSeconds: number,
): ClientRecord {
  return {
    tenant: TENANT,
    id: asClientId(client.id),
    tag: newRevocationTag(),
    name: client.id,
    type: 'confidential',
    party: 'third',
    organisationId: null,
    unitId: null,
    redirectUris: [client.redirectUri],
    postLogoutRedirectUris: [],
    grantTypes: [],
    scopes: [],
    defaultScopes: [],
    defaultAudience: null,
    resourceServer: null,
    requirePkce: true,
    // Not RS256, as a new app: its keys would cost each server of a test a second.
    idTokenAlgorithm: 'ES256',
    idTokenProfile: true,
    refreshPolicy: 'rotate',
    publisher: null,
    homepage: null,
    privacyUri: null,
    termsUri: null,
    registeredBy: null,
    allowances: [],
    createdAtSeconds: nowSeconds,
    lastUsedAtSeconds: null,
    disabledAtSeconds: null,
    ...fields,
  }
}

export function secretRecord(secret: string, client: ClientRecord, nowSeconds: number) {
  return {
    tenant: TENANT,
    id: `secret-of-${client.id}`,
    clientId: client.id,
    name: 'first',
    hash: sha256(secret),
    hint: secret.slice(-4),
    createdAtSeconds: nowSeconds,
    expiresAtSeconds: null,
    lastUsedAtSeconds: null,
  }
}

export function userIdOf(username: Username) {
  return asUserId(`user-${username}`)
}

function userRecord(username: Username, passwordHash: string, nowSeconds: number): UserRecord {
  return {
    tenant: TENANT,
    id: userIdOf(username),
    tag: newRevocationTag(),
    username,
    name: `${username[0]?.toUpperCase()}${username.slice(1)} Example`,
    email: `${username}@example.com`,
    emailVerified: true,
    passwordHash,
    locale: null,
    createdAtSeconds: nowSeconds,
    disabledAtSeconds: null,
  }
}
