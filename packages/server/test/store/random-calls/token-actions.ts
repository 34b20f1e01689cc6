// Random calls about grants, codes and tokens.

import type { ClientId, GrantId, UserId } from '../../../src/protocol/ids.ts'
import type { FeedPage } from '../../../src/store/port/feed.ts'
import type { AccessTokenRecord, RefreshTokenRecord } from '../../../src/store/records.ts'
import {
  accessTokenRecord,
  approvalOf,
  auditEventRecord,
  codeRecord,
  consentRecord,
  DAY,
  grantRecord,
  HOUR,
  machineTokenOf,
  newGrantId,
  RETRY_WINDOW,
  refreshTokenRecord,
  rotationOf,
  tagOf,
  tokenApprovalOf,
  userEnding,
} from '../records.ts'
import {
  type Action,
  CLIENTS,
  endingIn,
  eventIn,
  holderEndingIn,
  listInParts,
  pick,
  tagsIn,
  USERS,
  type World,
} from './world.ts'

const SCOPES = [['a'], ['a', 'b'], ['c'], []]
const REDIRECT_URIS = [['https://a.example/'], ['https://b.example/', 'https://a.example/'], []]
const ORGANISATIONS = ['organisation-1', 'organisation-1', null]
const FINGERPRINTS = ['another request', 'same request', 'same request']
const WINDOWS = [0, RETRY_WINDOW, RETRY_WINDOW]

/** An opaque token, every other time; else it would be a JWT, which is not stored. */
function newAccessToken(world: World, grantId: GrantId, how: number): AccessTokenRecord | null {
  if (how % 2 === 0) return null
  const { tenant, nowSeconds } = world
  const times = { issuedAtSeconds: nowSeconds, expiresAtSeconds: nowSeconds + HOUR }
  const token = accessTokenRecord({ tenant, grantId, ...times })
  world.accessTokens.push(token)
  return token
}

function newRefreshToken(
  world: World,
  chain: Pick<RefreshTokenRecord, 'grantId' | 'clientId' | 'endsAtSeconds'>,
): RefreshTokenRecord {
  const { tenant, nowSeconds } = world
  const { grantId, clientId, endsAtSeconds } = chain
  const token = refreshTokenRecord({
    tenant,
    grantId,
    clientId,
    endsAtSeconds,
    issuedAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + 30 * DAY,
  })
  world.refreshTokens.push(token)
  return token
}

const approve: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const parties = {
    userId: pick(USERS, who),
    clientId: pick(CLIENTS, what),
    organisationId: pick(ORGANISATIONS, how),
  }
  const { clientTag, userTag } = tagsIn(world, parties.clientId, parties.userId)
  const tags = { clientTag, userTag: userTag ?? tagOf('nobody') }
  const times = { issuedAtSeconds: nowSeconds, expiresAtSeconds: nowSeconds + 600 }
  const sessionHash = what === 5 ? pick(world.sessions, who).hash : null
  const code = codeRecord({ tenant, ...parties, ...tags, ...times, sessionHash })
  const remembered = {
    scopes: pick(SCOPES, how),
    redirectUris: pick(REDIRECT_URIS, who),
    grantedAtSeconds: nowSeconds,
  }
  const consent = how % 3 === 0 ? null : consentRecord({ tenant, ...parties, ...remembered })
  world.grants.push(grantRecord({ tenant, id: code.grantId }))
  world.codes.push(code)
  const interaction = how % 4 === 0 ? onceIn(world, what) : null
  const allowance = what % 2 === 0 ? codesOf(parties) : null
  return (store) =>
    store.approveAuthorization(approvalOf(code, { consent, interaction, allowance }))
}

const codesOf = ({ userId, clientId }: { userId: UserId; clientId: ClientId }) => ({
  ...{ purpose: 'codes', slot: `${userId} ${clientId}`, failures: 2 },
  ...{ windowSeconds: 60, thenEverySeconds: 0 },
})

const onceIn = ({ tenant, nowSeconds }: World, what: number) => ({
  ...{ tenant, purpose: 'consent', id: `${what}` },
  expiresAtSeconds: nowSeconds + HOUR,
})

/** Without a code: what the app is given is the access token, opaque or not. */
const approveToken: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const parties = { userId: pick(USERS, who), clientId: pick(CLIENTS, what) }
  const tags = tagsIn(world, parties.clientId, parties.userId)
  const grant = grantRecord({ tenant, ...parties, ...tags, createdAtSeconds: nowSeconds })
  const accessToken = newAccessToken(world, grant.id, how)
  const interaction = how % 4 === 0 ? onceIn(world, what) : null
  world.grants.push(grant)
  const given = { kind: 'token', grant, accessToken, endsAtSeconds: nowSeconds + HOUR } as const
  return (store) => store.approveAuthorization(tokenApprovalOf(grant, { given, interaction }))
}

const redeem: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const { hash, grantId, clientId: owner } = pick(world.codes, what)
  const clientId = who % 5 === 0 ? pick(CLIENTS, how) : owner
  const endsAtSeconds = nowSeconds + 180 * DAY
  const refreshToken =
    how % 6 === 0 ? null : newRefreshToken(world, { grantId, clientId, endsAtSeconds })
  const tokens = { accessToken: newAccessToken(world, grantId, how), refreshToken }
  return (store) => store.redeemCode({ tenant, hash, clientId, nowSeconds, tokens, endsAtSeconds })
}

const rotate: Action = (world, { who, what, how }) => {
  const { nowSeconds } = world
  const token = pick(world.refreshTokens, what)
  const rotation = rotationOf(token, {
    ...endingIn(world),
    clientId: who % 7 === 0 ? pick(CLIENTS, how) : token.clientId,
    nowSeconds,
    retryWindowSeconds: pick(WINDOWS, how),
    fingerprint: pick(FINGERPRINTS, who),
    successor: newRefreshToken(world, token),
    accessToken: newAccessToken(world, token.grantId, how),
    reuseEvent: auditEventRecord({ tenant: world.tenant, target: `grant:${token.grantId}` }),
  })
  return (store) => store.rotateRefreshToken(rotation)
}

const renew: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const { hash, grantId, clientId: owner } = pick(world.refreshTokens, what)
  const clientId = who % 5 === 0 ? pick(CLIENTS, how) : owner
  const accessToken = newAccessToken(world, grantId, how)
  const expiresAtSeconds = nowSeconds + 30 * DAY
  const request = { tenant, hash, clientId, nowSeconds, expiresAtSeconds, accessToken }
  return (store) => store.renewRefreshToken(request)
}

const MACHINE_TOKENS = CLIENTS.map(machineTokenOf)

const revokeGrant: Action = (world, { what, how }) => {
  const grantId = how % 4 === 0 ? newGrantId() : pick(world.grants, what).id
  const event = auditEventRecord({ tenant: world.tenant, target: `grant:${grantId}` })
  const endsConsent = how % 3 === 0
  const machineToken = pick([undefined, ...MACHINE_TOKENS], what)
  const input = { ...endingIn(world), grantId, machineToken, endsConsent, event }
  return (store) => store.revokeGrant(input)
}

/** Of single grants, which needs no tag. */
const ENDING_OF_GRANTS = userEnding({ tenant: '' })

const revokeUserGrants: Action = (world, numbers) => {
  const { who, what, how } = numbers
  const userId = pick(USERS, who)
  const clientId = pick([null, ...CLIENTS], what)
  const organisationId = pick([undefined, ...ORGANISATIONS], how)
  const ending = clientId === null ? holderEndingIn(world, userId, numbers) : ENDING_OF_GRANTS
  const input = { ...ending, ...endingIn(world), userId, clientId, organisationId }
  return (store) => store.revokeUserGrants(input, eventIn(world))
}

const saveAccessToken: Action = (world, { what }) => {
  const token = newAccessToken(world, pick(world.grants, what).id, 1)
  return async (store) => token && store.saveAccessToken(token)
}

const claimOnce: Action = (world, { what }) => {
  const { tenant, nowSeconds } = world
  const id = { tenant, purpose: 'jti', id: `${what}`, expiresAtSeconds: nowSeconds + 60 }
  return (store) => store.claimOnce(id, eventIn(world))
}

/** Without the epoch, which every database has of its own. */
const feedAsFound = ({ epoch: _, ...page }: FeedPage) => page

const lookAtTokens: Action = (world, { who, what }) => {
  const { tenant, nowSeconds } = world
  const accessToken = pick(world.accessTokens, what)
  const afterSequence = what % 3
  return async (store) => [
    await store.findCode(tenant, pick(world.codes, what).hash),
    await store.findRefreshToken(tenant, pick(world.refreshTokens, what).hash),
    await store.findAccessToken(tenant, accessToken.hash, nowSeconds),
    await store.isRevoked(accessToken),
    await store.isRevoked({ ...accessToken, userId: null, issuedAtSeconds: nowSeconds }),
    await store.findConsent(
      consentRecord({ tenant, userId: pick(USERS, who), clientId: pick(CLIENTS, what) }),
    ),
    feedAsFound(await store.readFeed({ tenant, afterSequence, nowSeconds, limit: 5 })),
    await listInParts(3, (page) => store.listUserGrants(tenant, pick(USERS, who), page)),
    await listInParts(1, (page) => store.listConnections(tenant, pick(USERS, who), page)),
    await store.findConnection({
      ...{ tenant, userId: pick(USERS, who), clientId: pick(CLIENTS, what) },
      organisationId: 'organisation-1',
    }),
  ]
}

export const TOKEN_ACTIONS = {
  approve,
  approveToken,
  redeem,
  rotate,
  renew,
  revokeGrant,
  revokeUserGrants,
  saveAccessToken,
  claimOnce,
  lookAtTokens,
}
