// Records for the tests of the store: complete, valid, and told apart by what a test passes in.

import { digestOf } from '../../src/platform/hash.ts'
import { newId, newRevocationTag } from '../../src/platform/random.ts'
import {
  asClientId,
  asGrantId,
  asRevocationTag,
  asUserId,
  type ClientId,
  type GrantId,
  type RevocationTag,
  type TokenHash,
} from '../../src/protocol/ids.ts'
import type {
  ClientEnding,
  MachineToken,
  RotateInput,
  Store,
  UserEnding,
} from '../../src/store/port.ts'
import type {
  AccessIdentifierRecord,
  AccessTokenRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  CodeRecord,
  ConsentRecord,
  GrantRecord,
  KeyRecord,
  MembershipRecord,
  NewConsentRecord,
  OrganisationRecord,
  RefreshTokenRecord,
  SessionRecord,
  TrustedIssuerRecord,
  UnitRecord,
  UserRecord,
} from '../../src/store/records.ts'

export const NOW = 1_900_000_000
export const HOUR = 3600
export const DAY = 24 * HOUR
/** The last second of the year 9999. */
export const FOR_EVER = 253_402_300_799

export const CLIENT = asClientId('client-1')
export const OTHER_CLIENT = asClientId('client-2')
export const USER = asUserId('user-1')
export const OTHER_USER = asUserId('user-2')

/** A tenant of its own for each test: nothing that others stored is seen in it. */
export const newTenant = (): string => `tenant-${newId()}`
export const newHash = (): TokenHash => hashOf(newId())
export const newGrantId = (): GrantId => asGrantId(newId())
export const hashOf = (secret: string): TokenHash => digestOf(secret) as TokenHash

type Given<Record> = Partial<Record> & { readonly tenant: string }

/** What has this id has this tag, until its tokens are ended: records that belong together need not be told of it. */
export const tagOf = (id: string): RevocationTag =>
  asRevocationTag(Buffer.from(digestOf('tag', id), 'base64url').toString('hex').slice(0, 20))

const withTag = <Record extends { readonly id: string }>(record: Record) => ({
  tag: tagOf(record.id),
  ...record,
})

const withTags = <Record extends { readonly clientId: string; readonly userId: string | null }>(
  record: Record,
) => ({
  clientTag: tagOf(record.clientId),
  userTag: record.userId === null ? null : tagOf(record.userId),
  ...record,
})

export const clientRecord = (given: Given<ClientRecord>): ClientRecord =>
  withTag({
    id: CLIENT,
    name: 'Ledger Sync',
    type: 'confidential',
    party: 'third',
    organisationId: null,
    unitId: null,
    redirectUris: ['https://app.example/callback', 'http://127.0.0.1/callback'],
    postLogoutRedirectUris: [],
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: ['contacts.read', 'contacts.write'],
    defaultScopes: ['contacts.read'],
    defaultAudience: null,
    resourceServer: null,
    requirePkce: true,
    idTokenAlgorithm: 'ES256',
    idTokenProfile: true,
    refreshPolicy: 'rotate',
    publisher: 'Ledger Ltd',
    homepage: null,
    privacyUri: null,
    termsUri: null,
    registeredBy: null,
    allowances: [],
    createdAtSeconds: NOW,
    lastUsedAtSeconds: null,
    disabledAtSeconds: null,
    ...given,
  })

export const secretRecord = (given: Given<ClientSecretRecord>): ClientSecretRecord => ({
  id: newId(),
  clientId: CLIENT,
  name: 'first',
  hash: newHash(),
  hint: 'x7Qa',
  createdAtSeconds: NOW,
  expiresAtSeconds: null,
  lastUsedAtSeconds: null,
  ...given,
})

export const grantRecord = (given: Given<GrantRecord>): GrantRecord =>
  withTags({
    id: newGrantId(),
    clientId: CLIENT,
    userId: USER,
    organisationId: 'organisation-1',
    unitId: null,
    scopes: ['contacts.read'],
    audience: ['https://api.example'],
    authTimeSeconds: NOW - 10,
    createdAtSeconds: NOW,
    revokedAtSeconds: null,
    ...given,
  })

export const codeRecord = (given: Given<CodeRecord>): CodeRecord =>
  withTags({
    hash: newHash(),
    grantId: newGrantId(),
    clientId: CLIENT,
    userId: USER,
    organisationId: 'organisation-1',
    unitId: null,
    scopes: ['contacts.read'],
    audience: ['https://api.example'],
    authTimeSeconds: NOW - 10,
    sessionHash: null,
    redirectUri: 'https://app.example/callback',
    redirectUriSent: true,
    scopeDiffers: true,
    codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    codeChallengeMethod: 'S256',
    nonce: null,
    issuedAtSeconds: NOW,
    expiresAtSeconds: NOW + 60,
    redeemedAtSeconds: null,
    ...given,
  })

export const refreshTokenRecord = (
  given: Given<RefreshTokenRecord> & { grantId: GrantId },
): RefreshTokenRecord => ({
  hash: newHash(),
  clientId: CLIENT,
  issuedAtSeconds: NOW,
  expiresAtSeconds: NOW + 30 * DAY,
  endsAtSeconds: NOW + 180 * DAY,
  rotatedAtSeconds: null,
  clientAuthenticated: true,
  ...given,
})

export const accessTokenRecord = (
  given: Given<AccessTokenRecord> & { grantId: GrantId },
): AccessTokenRecord =>
  withTags({
    hash: newHash(),
    clientId: CLIENT,
    userId: USER,
    organisationId: null,
    unitId: null,
    scopes: ['contacts.read'],
    audience: ['https://api.example'],
    authTimeSeconds: null,
    issuedAtSeconds: NOW,
    expiresAtSeconds: NOW + HOUR,
    ...given,
  })

export const consentRecord = (given: Given<ConsentRecord>): ConsentRecord => ({
  userId: USER,
  clientId: CLIENT,
  organisationId: 'organisation-1',
  scopes: ['contacts.read'],
  redirectUris: ['https://app.example/callback', 'http://127.0.0.1/callback'],
  grantedAtSeconds: NOW,
  ...given,
})

export const organisationRecord = (given: Given<OrganisationRecord>): OrganisationRecord => ({
  id: 'organisation-1',
  name: 'Harbour Accounting',
  createdAtSeconds: NOW,
  ...given,
})

export const unitRecord = (given: Given<UnitRecord>): UnitRecord => ({
  id: 'unit-1',
  organisationId: 'organisation-1',
  name: 'Front office',
  ...given,
})

/** Of every user, until somebody changes it. */
export const PASSWORD_HASH = '$argon2id$old'

export const userRecord = (given: Given<UserRecord>): UserRecord =>
  withTag({
    id: USER,
    username: 'ada',
    name: 'Ada Harbour',
    email: 'ada@example.test',
    emailVerified: true,
    passwordHash: PASSWORD_HASH,
    locale: 'en-GB',
    createdAtSeconds: NOW,
    disabledAtSeconds: null,
    ...given,
  })

export const membershipRecord = (given: Given<MembershipRecord>): MembershipRecord => ({
  userId: USER,
  organisationId: 'organisation-1',
  defaultUnitId: null,
  furtherUnitIds: [],
  role: 'member',
  ...given,
})

export const sessionRecord = (given: Given<SessionRecord>): SessionRecord => ({
  hash: newHash(),
  id: newId(),
  userId: USER,
  authTimeSeconds: NOW,
  lastSeenAtSeconds: NOW,
  expiresAtSeconds: NOW + 8 * HOUR,
  endsAtSeconds: NOW + 30 * DAY,
  userAgent: 'Firefox',
  address: '192.0.2.7',
  ...given,
})

export const keyRecord = (given: Given<KeyRecord>): KeyRecord => ({
  kid: newId(),
  resourceServer: '',
  algorithm: 'ES256',
  state: 'current',
  publicJwk: '{"kty":"EC"}',
  sealedPrivateJwk: 'sealed',
  createdAtSeconds: NOW,
  activatedAtSeconds: null,
  expiresAtSeconds: null,
  ...given,
})

export const applicationKeyRecord = (given: Given<ApplicationKeyRecord>): ApplicationKeyRecord =>
  withTag({
    id: asClientId(newId()),
    organisationId: 'organisation-1',
    name: 'till',
    hash: newHash(),
    hint: '7B3F',
    scopes: ['contacts.read'],
    createdAtSeconds: NOW,
    expiresAtSeconds: null,
    suspendedAtSeconds: null,
    lastUsedAtSeconds: null,
    ...given,
  })

export const accessIdentifierRecord = (
  given: Given<AccessIdentifierRecord>,
): AccessIdentifierRecord => ({
  id: newId(),
  userId: USER,
  kind: 'authentication_code',
  hash: newHash(),
  hint: '9c1e',
  passCodeHash: null,
  trustedIssuerId: null,
  createdAtSeconds: NOW,
  lastUsedAtSeconds: null,
  ...given,
})

export const trustedIssuerRecord = (given: Given<TrustedIssuerRecord>): TrustedIssuerRecord =>
  withTag({
    id: asClientId(newId()),
    name: 'Accounts',
    issuer: `https://${newId()}.example`,
    expectedAudience: 'https://login.example',
    jwksUri: null,
    pinnedKeys: '{"keys":[]}',
    createdAtSeconds: NOW,
    suspendedAtSeconds: null,
    ...given,
  })

export const auditEventRecord = (given: Given<AuditEventRecord>): AuditEventRecord => ({
  atSeconds: NOW,
  action: 'refresh_token.reused',
  actor: 'client:client-1',
  target: 'grant:grant-1',
  requestId: 'request-1',
  ...given,
})

export const userEnding = (given: Given<UserEnding>): UserEnding => ({
  userId: USER,
  nowSeconds: NOW + 5,
  newTag: newRevocationTag(),
  tokensName: 'tags',
  ...given,
})

export const clientEnding = (
  given: Given<ClientEnding> & { readonly id: ClientId },
): ClientEnding => ({
  nowSeconds: NOW + 5,
  newTag: newRevocationTag(),
  tokensName: 'tags',
  ...given,
})

type Approval = Parameters<Store['approveAuthorization']>[0]
type Redemption = Parameters<Store['redeemCode']>[0]
type GivenApproval = Partial<Omit<Approval, 'consent'>> & {
  readonly consent?: (ConsentRecord & Partial<NewConsentRecord>) | null
}

/** An approval whose answer is the code; its page named the first redirect URI, unless the consent says otherwise. */
export const approvalOf = (code: CodeRecord, given: GivenApproval = {}): Approval => ({
  given: { kind: 'code', code },
  interaction: null,
  session: null,
  allowance: null,
  ...given,
  consent: given.consent
    ? { shownRedirectUri: given.consent.redirectUris[0] ?? '', ...given.consent }
    : null,
})

/** An approval whose answer is the access token, so that there is a grant. */
export const tokenApprovalOf = (grant: GrantRecord, given: GivenApproval = {}): Approval => ({
  ...approvalOf(codeRecord({ tenant: grant.tenant }), given),
  given: given.given ?? { kind: 'token', grant, accessToken: null, endsAtSeconds: NOW + HOUR },
})

/** A redemption of this code by its app, for tokens that are not stored. */
export const redemptionOf = (
  { tenant, hash, clientId }: CodeRecord,
  given: Partial<Redemption> = {},
): Redemption => ({
  tenant,
  hash,
  clientId,
  nowSeconds: NOW,
  tokens: { accessToken: null, refreshToken: null },
  endsAtSeconds: NOW + HOUR,
  ...given,
})

/** Stores a code, and tells the grant that its redemption would open. */
export async function approve(
  store: Store,
  given: Given<CodeRecord>,
): Promise<{ grant: GrantRecord; code: CodeRecord }> {
  const code = codeRecord(given)
  await storeParties(store, code)
  await store.approveAuthorization(approvalOf(code))
  const { tenant, grantId: id, clientId, userId, organisationId, unitId, scopes } = code
  const { audience, authTimeSeconds, issuedAtSeconds: createdAtSeconds } = code
  const { clientTag, userTag } = code
  const parties = { tenant, id, clientId, userId, clientTag, userTag, organisationId, unitId }
  const rest = { scopes, audience, authTimeSeconds, createdAtSeconds }
  return { grant: grantRecord({ ...parties, ...rest }), code }
}

/** A code is redeemed, and a token refreshed, while its app and user are there. */
export async function storeParties(
  store: Store,
  { tenant, clientId, userId }: Pick<CodeRecord, 'tenant' | 'clientId' | 'userId'>,
): Promise<void> {
  await store.createClient(clientRecord({ tenant, id: clientId }), null)
  await store.createUser(userRecord({ tenant, id: userId, username: `name of ${userId}` }), [])
}

/** Stores a grant. */
export async function giveGrant(store: Store, given: Given<GrantRecord>): Promise<GrantRecord> {
  const grant = grantRecord(given)
  await store.approveAuthorization(tokenApprovalOf(grant))
  return grant
}

/** Stores a grant with the first refresh token of its chain. */
export async function startChain(
  store: Store,
  given: Given<CodeRecord>,
  ofToken: Partial<RefreshTokenRecord> = {},
): Promise<{ grant: GrantRecord; token: RefreshTokenRecord }> {
  const { grant, code } = await approve(store, given)
  const { tenant, id: grantId, clientId } = grant
  const token = refreshTokenRecord({ tenant, grantId, clientId, ...ofToken })
  const { endsAtSeconds } = token
  const tokens = { accessToken: null, refreshToken: token }
  await store.redeemCode(redemptionOf(code, { tokens, endsAtSeconds }))
  return { grant, token }
}

export const RETRY_WINDOW = 30

/** A rotation of this token as a client would ask for it, with a successor of its own. */
export function rotationOf(
  token: RefreshTokenRecord,
  given: Partial<RotateInput> = {},
): RotateInput {
  const { tenant, grantId, clientId, hash } = token
  const successor = refreshTokenRecord({ tenant, grantId, clientId })
  return {
    tenant,
    hash,
    clientId,
    nowSeconds: NOW + 1,
    retryWindowSeconds: RETRY_WINDOW,
    fingerprint: 'same request',
    successor,
    accessToken: null,
    sealedAnswer: `answer with ${successor.hash}`,
    ...given,
  }
}

/** Without a record of its own. Its app may end five of them in a minute. */
export function machineTokenOf(app: string): MachineToken {
  const allowance = { failures: 5, windowSeconds: 60, thenEverySeconds: 0 }
  return { expiresAtSeconds: NOW + HOUR, allowance: { ...allowance, purpose: 'lines', slot: app } }
}
