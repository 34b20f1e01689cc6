// The model's approvals, codes and access tokens.

import type { UserId } from '../../../src/protocol/ids.ts'
import { MOST_GRANTS } from '../../../src/store/limits.ts'
import type {
  Connection,
  ConnectionKey,
  GrantStore,
  NewTokens,
  OneTimeId,
} from '../../../src/store/port.ts'
import type { CodeRecord, GrantRecord, NewConsentRecord } from '../../../src/store/records.ts'
import { countFailure } from './guesses.ts'
import {
  endGrants,
  hasCurrentTags,
  hasFormerTag,
  isVoid,
  nextSequence,
  publish,
} from './revocations.ts'
import { by, like, newestFirst, partOf, type State } from './state.ts'

export function findGrant(state: State, tenant: string, id: string) {
  const grant = state.grants.find((each) => each.tenant === tenant && each.id === id)
  if (!grant) throw new RangeError('the model lost a grant')
  return grant
}

export function grantRecordOf(grant: State['grants'][number]): GrantRecord {
  const {
    endsAtSeconds: _endsAtSeconds,
    accessIdentifierId: _opener,
    lastUsedAtSeconds: _used,
    ...record
  } = grant
  return structuredClone(record)
}

function addConsent(state: State, given: NewConsentRecord): void {
  const { shownRedirectUri, ...consent } = given
  const { tenant, userId, clientId, organisationId } = consent
  const kept = state.consents.find(like({ tenant, userId, clientId, organisationId }))
  if (!kept) {
    state.consents.push({ ...consent })
    return
  }
  kept.scopes = [...new Set([...kept.scopes, ...consent.scopes])]
  kept.redirectUris = consent.redirectUris.filter(
    (uri) => uri === shownRedirectUri || kept.redirectUris.includes(uri),
  )
  kept.grantedAtSeconds = consent.grantedAtSeconds
}

/** A hundred live ones of one user and app, per organisation; the oldest make room. */
export function makeRoom(state: State, grant: GrantRecord, nowSeconds: number): void {
  const { tenant, userId, clientId, organisationId } = grant
  const live = state.grants
    .filter(like({ tenant, userId, clientId, organisationId, revokedAtSeconds: null }))
    .filter((each) => each.endsAtSeconds > nowSeconds)
    .toSorted(
      by(
        (each) => each.createdAtSeconds,
        (each) => each.id,
      ),
    )
  const beyond = live.slice(0, Math.max(0, live.length - (MOST_GRANTS - 1)))
  for (const { id } of beyond.toSorted(by((each) => each.id))) {
    const sequence = nextSequence(state, tenant)
    endGrants(state, { tenant, id }, nowSeconds)
    publish(state, { tenant, sequence, kind: 'grant', subject: id, nowSeconds })
  }
}

/** A grant begins with the tokens that it gives at once. */
export function openGrant(
  state: State,
  grant: GrantRecord,
  opening: {
    readonly tokens: NewTokens
    readonly endsAtSeconds: number
    readonly accessIdentifierId?: string | null
  },
): void {
  const { tokens, endsAtSeconds, accessIdentifierId = null } = opening
  const { accessToken, refreshToken } = tokens
  const lastUsedAtSeconds = refreshToken?.issuedAtSeconds ?? null
  state.grants.push({ ...grant, endsAtSeconds, accessIdentifierId, lastUsedAtSeconds })
  if (refreshToken) state.refreshTokens.push({ ...refreshToken, answer: undefined })
  if (accessToken) state.accessTokens.push(accessToken)
}

function grantOfCode(code: CodeRecord): GrantRecord {
  const { tenant, grantId: id, clientId, userId, organisationId, unitId } = code
  const { scopes, audience, authTimeSeconds, issuedAtSeconds: createdAtSeconds } = code
  const { clientTag, userTag } = code
  const parties = { tenant, id, clientId, userId, clientTag, userTag, organisationId, unitId }
  return { ...parties, scopes, audience, authTimeSeconds, createdAtSeconds, revokedAtSeconds: null }
}

/** Neither ended itself, nor what its tokens hang on. */
export function isLive(state: State, grant: GrantRecord): boolean {
  return grant.revokedAtSeconds === null && hasCurrentTags(state, grant)
}

/** To the hour. */
export function noteUse(grant: State['grants'][number], atSeconds: number): void {
  if (grant.lastUsedAtSeconds !== null && grant.lastUsedAtSeconds > atSeconds - 3600) return
  grant.lastUsedAtSeconds = atSeconds
}

function countAnswer(
  state: State,
  { given, allowance, interaction }: Parameters<GrantStore['approveAuthorization']>[0],
) {
  if (!allowance) return undefined
  if (interaction && state.oneTimeIds.some(like(keyOfOnce(interaction)))) return 'already_decided'
  const parties = given.kind === 'code' ? given.code : given.grant
  const nowSeconds =
    given.kind === 'code' ? given.code.issuedAtSeconds : given.grant.createdAtSeconds
  const counted = countFailure(state, { tenant: parties.tenant, allowance, nowSeconds })
  return 'spentForSeconds' in counted ? counted : undefined
}

type Methods =
  | 'findConsent'
  | 'approveAuthorization'
  | 'claimOnce'
  | 'findCode'
  | 'findGrant'
  | 'redeemCode'
  | 'saveAccessToken'
  | 'findAccessToken'
  | 'listUserGrants'
  | 'listConnections'
  | 'findConnection'

const keyOfOnce = ({ tenant, purpose, id }: OneTimeId) => ({ tenant, purpose, id })

export function grantModel(state: State): Pick<GrantStore, Methods> {
  const claim: GrantStore['claimOnce'] = async (once) => {
    if (state.oneTimeIds.some(like(keyOfOnce(once)))) return false
    state.oneTimeIds.push(once)
    return true
  }

  return {
    claimOnce: claim,

    async findConsent({ tenant, userId, clientId, organisationId }) {
      const key = { tenant, userId, clientId, organisationId }
      return structuredClone(state.consents.find(like(key)) ?? null)
    },

    async approveAuthorization(input) {
      const { given, consent, interaction, session } = input
      const parties = given.kind === 'code' ? given.code : given.grant
      const { tenant } = parties
      const held =
        session === null ||
        (state.sessions.some(like({ tenant, hash: session })) && hasCurrentTags(state, parties))
      if (!held) return 'signed_out'
      const refused = countAnswer(state, input)
      if (refused) return refused
      if (interaction && !(await claim(interaction))) return 'already_decided'
      if (given.kind === 'code') state.codes.push({ ...given.code })
      else {
        const tokens = { accessToken: given.accessToken, refreshToken: null }
        makeRoom(state, given.grant, given.grant.createdAtSeconds)
        openGrant(state, given.grant, { tokens, endsAtSeconds: given.endsAtSeconds })
      }
      if (consent) addConsent(state, consent)
      return 'approved'
    },

    async findGrant(tenant, id) {
      const grant = state.grants.find(like({ tenant, id }))
      return grant ? grantRecordOf(grant) : null
    },

    async findCode(tenant, hash) {
      return structuredClone(state.codes.find(like({ tenant, hash })) ?? null)
    },

    async redeemCode({ tenant, hash, clientId, nowSeconds, ...opening }) {
      const code = state.codes.find(like({ tenant, hash, clientId }))
      if (!code) return 'unknown'
      if (code.redeemedAtSeconds !== null) return 'already_redeemed'
      const { sessionHash } = code
      const signedOut =
        sessionHash !== null && !state.sessions.some(like({ tenant, hash: sessionHash }))
      const isOver = signedOut || !hasCurrentTags(state, code)
      if (code.expiresAtSeconds <= nowSeconds || isOver) return 'expired'
      code.redeemedAtSeconds = nowSeconds
      makeRoom(state, grantOfCode(code), nowSeconds)
      openGrant(state, grantOfCode(code), opening)
      return 'redeemed'
    },

    async saveAccessToken(token) {
      state.accessTokens.push(token)
    },

    async findAccessToken(tenant, hash, nowSeconds) {
      const token = state.accessTokens.find(like({ tenant, hash }))
      return token && token.expiresAtSeconds > nowSeconds && !isVoid(state, token) ? token : null
    },

    async listUserGrants(tenant, userId, page) {
      const live = liveGrantsOf(state, tenant, userId).map(grantRecordOf)
      return partOf(live, newestFirst, page)
    },

    async listConnections(tenant, userId, page) {
      return partOf(connectionsOf(state, tenant, userId), byApp, page)
    },

    async findConnection({ tenant, userId, clientId, organisationId }) {
      const connections = connectionsOf(state, tenant, userId)
      return connections.find(like({ clientId, organisationId })) ?? null
    },
  }
}

function liveGrantsOf(state: State, tenant: string, userId: UserId) {
  return state.grants
    .filter(like({ tenant, userId, revokedAtSeconds: null }))
    .filter((grant) => !hasFormerTag(state, grant))
}

const byApp = by<ConnectionKey>(
  ({ clientId }) => clientId,
  ({ organisationId }) => organisationId ?? '',
)

function connectionsOf(state: State, tenant: string, userId: UserId): Connection[] {
  const grants = liveGrantsOf(state, tenant, userId).map((grant) => ({
    ...grant,
    sinceSeconds: grant.createdAtSeconds,
  }))
  const consents = state.consents.filter(like({ tenant, userId })).map((consent) => ({
    ...consent,
    sinceSeconds: consent.grantedAtSeconds,
    lastUsedAtSeconds: null,
  }))
  const groups = Map.groupBy([...grants, ...consents], ({ clientId, organisationId }) =>
    JSON.stringify([clientId, organisationId]),
  )
  return [...groups.values()].flatMap((parts) => {
    const [first] = parts
    if (!first) return []
    const { clientId, organisationId } = first
    const uses = parts.flatMap(({ lastUsedAtSeconds: used }) => (used === null ? [] : [used]))
    return {
      ...{ clientId, organisationId },
      scopes: [...new Set(parts.flatMap(({ scopes }) => scopes))].toSorted(),
      sinceSeconds: Math.min(...parts.map(({ sinceSeconds }) => sinceSeconds)),
      lastUsedAtSeconds: uses.length === 0 ? null : Math.max(...uses),
    }
  })
}
