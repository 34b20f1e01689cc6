// The columns of every table and how their values are kept. The compiler checks that none is missing, and a test
// that the migrations make the same ones.

import type { Selectable } from 'kysely'
import type { SecretOfClient } from '../port/clients.ts'
import type {
  AccessIdentifierRecord,
  AccessTokenRecord,
  AllowanceUseRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  CodeRecord,
  GrantRecord,
  KeyRecord,
  OrganisationRecord,
  RefreshTokenRecord,
  RevocationRecord,
  SessionRecord,
  TrustedIssuerRecord,
  UnitRecord,
  UserRecord,
  VersionUseRecord,
} from '../records.ts'
import type { Database } from './schema.ts'

type KindOf<Value> = [NonNullable<Value>] extends [boolean]
  ? 'flag'
  : [NonNullable<Value>] extends [number]
    ? 'number'
    : [NonNullable<Value>] extends [readonly unknown[]]
      ? 'list'
      : 'text'

export type Columns<Row> = { readonly [Column in keyof Row]-?: KindOf<Row[Column]> }

export const CLIENT: Columns<ClientRecord> = {
  tenant: 'text',
  id: 'text',
  tag: 'text',
  name: 'text',
  type: 'text',
  party: 'text',
  organisationId: 'text',
  registeredBy: 'text',
  unitId: 'text',
  redirectUris: 'list',
  postLogoutRedirectUris: 'list',
  grantTypes: 'list',
  scopes: 'list',
  defaultScopes: 'list',
  defaultAudience: 'text',
  resourceServer: 'text',
  requirePkce: 'flag',
  idTokenAlgorithm: 'text',
  idTokenProfile: 'flag',
  refreshPolicy: 'text',
  publisher: 'text',
  homepage: 'text',
  privacyUri: 'text',
  termsUri: 'text',
  allowances: 'list',
  createdAtSeconds: 'number',
  lastUsedAtSeconds: 'number',
  disabledAtSeconds: 'number',
}

export const CLIENT_SECRET: Columns<ClientSecretRecord> = {
  tenant: 'text',
  id: 'text',
  clientId: 'text',
  name: 'text',
  hash: 'text',
  hint: 'text',
  createdAtSeconds: 'number',
  expiresAtSeconds: 'number',
  lastUsedAtSeconds: 'number',
}

export const REVOKED_SECRET: Columns<SecretOfClient> = {
  tenant: 'text',
  clientId: 'text',
  hash: 'text',
}

export const GRANT: Columns<GrantRecord> = {
  tenant: 'text',
  id: 'text',
  clientId: 'text',
  userId: 'text',
  clientTag: 'text',
  userTag: 'text',
  organisationId: 'text',
  unitId: 'text',
  scopes: 'list',
  audience: 'list',
  authTimeSeconds: 'number',
  createdAtSeconds: 'number',
  revokedAtSeconds: 'number',
}

export const CODE: Columns<CodeRecord> = {
  tenant: 'text',
  hash: 'text',
  grantId: 'text',
  clientId: 'text',
  userId: 'text',
  clientTag: 'text',
  userTag: 'text',
  organisationId: 'text',
  unitId: 'text',
  scopes: 'list',
  audience: 'list',
  authTimeSeconds: 'number',
  sessionHash: 'text',
  redirectUri: 'text',
  redirectUriSent: 'flag',
  scopeDiffers: 'flag',
  codeChallenge: 'text',
  codeChallengeMethod: 'text',
  nonce: 'text',
  issuedAtSeconds: 'number',
  expiresAtSeconds: 'number',
  redeemedAtSeconds: 'number',
}

export const REFRESH_TOKEN: Columns<RefreshTokenRecord> = {
  tenant: 'text',
  hash: 'text',
  grantId: 'text',
  clientId: 'text',
  issuedAtSeconds: 'number',
  expiresAtSeconds: 'number',
  endsAtSeconds: 'number',
  rotatedAtSeconds: 'number',
  clientAuthenticated: 'flag',
}

export const ACCESS_TOKEN: Columns<AccessTokenRecord> = {
  tenant: 'text',
  hash: 'text',
  grantId: 'text',
  clientId: 'text',
  userId: 'text',
  clientTag: 'text',
  userTag: 'text',
  organisationId: 'text',
  unitId: 'text',
  scopes: 'list',
  audience: 'list',
  authTimeSeconds: 'number',
  issuedAtSeconds: 'number',
  expiresAtSeconds: 'number',
}

export const USER: Columns<UserRecord> = {
  tenant: 'text',
  id: 'text',
  tag: 'text',
  username: 'text',
  name: 'text',
  email: 'text',
  emailVerified: 'flag',
  passwordHash: 'text',
  locale: 'text',
  createdAtSeconds: 'number',
  disabledAtSeconds: 'number',
}

export const SESSION: Columns<SessionRecord> = {
  tenant: 'text',
  hash: 'text',
  id: 'text',
  userId: 'text',
  authTimeSeconds: 'number',
  lastSeenAtSeconds: 'number',
  expiresAtSeconds: 'number',
  endsAtSeconds: 'number',
  userAgent: 'text',
  address: 'text',
}

export const SIGNING_KEY: Columns<KeyRecord> = {
  tenant: 'text',
  kid: 'text',
  resourceServer: 'text',
  algorithm: 'text',
  state: 'text',
  publicJwk: 'text',
  sealedPrivateJwk: 'text',
  createdAtSeconds: 'number',
  activatedAtSeconds: 'number',
  expiresAtSeconds: 'number',
}

export const REVOCATION: Columns<RevocationRecord> = {
  sequence: 'number',
  kind: 'text',
  subject: 'text',
  issuedUntilSeconds: 'number',
  expiresAtSeconds: 'number',
}

export const AUDIT_EVENT: Columns<AuditEventRecord> = {
  tenant: 'text',
  atSeconds: 'number',
  action: 'text',
  actor: 'text',
  target: 'text',
  requestId: 'text',
}

export const UNIT: Columns<UnitRecord> = {
  tenant: 'text',
  id: 'text',
  organisationId: 'text',
  name: 'text',
}

export const ORGANISATION: Columns<OrganisationRecord> = {
  tenant: 'text',
  id: 'text',
  name: 'text',
  createdAtSeconds: 'number',
}

export const APPLICATION_KEY: Columns<ApplicationKeyRecord> = {
  tenant: 'text',
  id: 'text',
  tag: 'text',
  organisationId: 'text',
  name: 'text',
  hash: 'text',
  hint: 'text',
  scopes: 'list',
  createdAtSeconds: 'number',
  expiresAtSeconds: 'number',
  suspendedAtSeconds: 'number',
  lastUsedAtSeconds: 'number',
}

export const ACCESS_IDENTIFIER: Columns<AccessIdentifierRecord> = {
  tenant: 'text',
  id: 'text',
  userId: 'text',
  kind: 'text',
  hash: 'text',
  hint: 'text',
  passCodeHash: 'text',
  trustedIssuerId: 'text',
  createdAtSeconds: 'number',
  lastUsedAtSeconds: 'number',
}

export const TRUSTED_ISSUER: Columns<TrustedIssuerRecord> = {
  tenant: 'text',
  id: 'text',
  tag: 'text',
  name: 'text',
  issuer: 'text',
  expectedAudience: 'text',
  jwksUri: 'text',
  pinnedKeys: 'text',
  createdAtSeconds: 'number',
  suspendedAtSeconds: 'number',
}

export const ALLOWANCE_USE: Columns<AllowanceUseRecord> = {
  tenant: 'text',
  clientId: 'text',
  allowance: 'text',
  day: 'text',
  uses: 'number',
}

const VERSION_USE: Columns<VersionUseRecord> = {
  tenant: 'text',
  clientId: 'text',
  version: 'text',
  day: 'text',
  calls: 'number',
}

export const TABLES: { readonly [Table in keyof Database]: Columns<Selectable<Database[Table]>> } =
  {
    clients: CLIENT,
    clientSecrets: CLIENT_SECRET,
    revokedSecrets: REVOKED_SECRET,
    grants: {
      ...GRANT,
      endsAtSeconds: 'number',
      accessIdentifierId: 'text',
      lastUsedAtSeconds: 'number',
    },
    codes: CODE,
    refreshTokens: {
      ...REFRESH_TOKEN,
      successorHash: 'text',
      fingerprint: 'text',
      sealedAnswer: 'text',
      answerExpiresAtSeconds: 'number',
    },
    accessTokens: ACCESS_TOKEN,
    consents: {
      tenant: 'text',
      userId: 'text',
      clientId: 'text',
      organisationId: 'text',
      scopes: 'list',
      redirectUris: 'list',
      grantedAtSeconds: 'number',
    },
    oneTimeIds: { tenant: 'text', purpose: 'text', id: 'text', expiresAtSeconds: 'number' },
    revocations: { tenant: 'text', ...REVOCATION },
    revocationSequences: { tenant: 'text', sequence: 'number' },
    feedFollowers: {
      tenant: 'text',
      follower: 'text',
      sequence: 'number',
      isPrompt: 'number',
      expiresAtSeconds: 'number',
    },
    feeds: { epoch: 'text', idsUntilSeconds: 'number' },
    unfinishedEndings: {
      tenant: 'text',
      kind: 'text',
      subject: 'text',
      ownerId: 'text',
      endedAtSeconds: 'number',
    },
    organisations: ORGANISATION,
    units: UNIT,
    users: USER,
    memberships: {
      tenant: 'text',
      userId: 'text',
      organisationId: 'text',
      defaultUnitId: 'text',
      furtherUnitIds: 'list',
      role: 'text',
    },
    applicationKeys: APPLICATION_KEY,
    accessIdentifiers: ACCESS_IDENTIFIER,
    trustedIssuers: TRUSTED_ISSUER,
    allowanceUses: ALLOWANCE_USE,
    versionUses: VERSION_USE,
    changeSequences: { name: 'text', sequence: 'number' },
    leases: { task: 'text', holder: 'text', endsAtSeconds: 'number' },
    guesses: {
      tenant: 'text',
      purpose: 'text',
      slot: 'text',
      failures: 'number',
      allowed: 'number',
      pending: 'number',
      pendingUntilSeconds: 'number',
      windowEndsAtSeconds: 'number',
      checkedAtSeconds: 'number',
      spentUntilSeconds: 'number',
      subject: 'text',
    },
    knownCallers: {
      tenant: 'text',
      account: 'text',
      slot: 'text',
      caller: 'text',
      lastAtSeconds: 'number',
      expiresAtSeconds: 'number',
    },
    sessions: SESSION,
    signingKeys: SIGNING_KEY,
    auditEvents: { sequence: 'number', ...AUDIT_EVENT },
    kyselyMigration: { name: 'text', timestamp: 'text' },
  }

/** The names of all columns of a record, for `select` and `returning`. */
export function columnsOf<Row>(columns: Columns<Row>): (keyof Row & string)[] {
  return Object.keys(columns) as (keyof Row & string)[]
}

/** The same, qualified with their table, for joins. */
export function columnsIn<Table extends string, Row>(
  table: Table,
  columns: Columns<Row>,
): `${Table}.${keyof Row & string}`[] {
  return columnsOf(columns).map((column) => `${table}.${column}` as const)
}

/** The values of a new row, each taken from the input of the same name. */
export function valuesOf<Row>(columns: Columns<Row>, input: Row): Row {
  return Object.fromEntries(columnsOf(columns).map((column) => [column, input[column]])) as Row
}
