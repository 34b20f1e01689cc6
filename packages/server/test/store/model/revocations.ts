// The model's feed, and whatever ends grants.

import { lastTokenEnd, tokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { FeedState, FeedStore } from '../../../src/store/port/feed.ts'
import type { GrantStore, UserEnding } from '../../../src/store/port.ts'
import type { GrantRecord, RevocationRecord } from '../../../src/store/records.ts'
import { by, like, removeWhere, type State } from './state.ts'

export function nextSequence(state: State, tenant: string): number {
  const sequence = (state.sequences.get(tenant) ?? 0) + 1
  state.sequences.set(tenant, sequence)
  return sequence
}

export function publish(
  state: State,
  line: Pick<RevocationRecord, 'sequence' | 'kind' | 'subject'> & {
    tenant: string
    nowSeconds: number
    expiresAtSeconds?: number
  },
): void {
  const { tenant, kind, subject, sequence } = line
  const ends = line.expiresAtSeconds ?? lastTokenEnd(line.nowSeconds)
  const earlier = state.revocations.find(like({ tenant, kind, subject }))
  removeWhere(state.revocations, like({ tenant, kind, subject }))
  state.revocations.push({
    tenant,
    kind,
    subject,
    sequence,
    issuedUntilSeconds: Math.max(line.nowSeconds, earlier?.issuedUntilSeconds ?? 0),
    expiresAtSeconds: Math.max(ends, earlier?.expiresAtSeconds ?? 0),
  })
}

export function endGrants(
  state: State,
  which: {
    readonly [Field in 'tenant' | 'id' | 'clientId' | 'userId' | 'organisationId']?: string | null
  },
  nowSeconds: number,
): GrantRecord[] {
  const grants = state.grants.filter(like({ ...which, revokedAtSeconds: null }))
  for (const grant of grants) grant.revokedAtSeconds = nowSeconds
  return grants
}

/** A code is worth nothing once whoever gave it, or may redeem it, has ended. */
export function endCodes(
  state: State,
  which: {
    readonly [Field in 'tenant' | 'clientId' | 'userId' | 'organisationId']?: string | null
  },
  nowSeconds: number,
): void {
  removeWhere(
    state.codes,
    (code) =>
      like({ ...which, redeemedAtSeconds: null })(code) && code.expiresAtSeconds > nowSeconds - 300,
  )
}

export function endUser(state: State, input: UserEnding): number {
  const { tenant, userId, nowSeconds } = input
  endCodes(state, { tenant, userId }, nowSeconds)
  const sequence = nextSequence(state, tenant)
  const ended = endGrants(state, { tenant, userId }, nowSeconds)
  publish(state, { ...input, sequence, kind: 'user', subject: userId })
  return ended.length
}

export function revokeGrant(
  state: State,
  input: Parameters<GrantStore['revokeGrant']>[0],
): boolean {
  const { tenant, grantId: id, nowSeconds } = input
  const sequence = nextSequence(state, tenant)
  const [gone] = endGrants(state, { tenant, id }, nowSeconds)
  const ended = gone !== undefined
  const known = state.grants.some(like({ tenant, id }))
  const told = state.revocations.some(like({ tenant, kind: 'grant', subject: id }))
  if (!ended && (known || told)) return false
  const expiresAtSeconds =
    known || input.tokenExpiresAtSeconds === undefined
      ? lastTokenEnd(nowSeconds)
      : tokenEnd(input.tokenExpiresAtSeconds, nowSeconds)
  publish(state, { ...input, sequence, kind: 'grant', subject: id, expiresAtSeconds })
  if (input.endsConsent && gone) {
    const { userId, clientId, organisationId } = gone
    removeWhere(state.consents, like({ tenant, userId, clientId, organisationId }))
  }
  if (input.event) state.auditEvents.push(input.event)
  return true
}

const feedState = (state: State, tenant: string): FeedState => ({
  epoch: 'the only one',
  lastSequence: state.sequences.get(tenant) ?? 0,
  idsUntilSeconds: 0,
})

type Methods = 'revokeGrant' | 'revokeUserGrants' | 'isRevoked'

export function isVoid(state: State, token: Parameters<GrantStore['isRevoked']>[0]): boolean {
  const { tenant, grantId, clientId, userId, issuedAtSeconds } = token
  const grant = state.grants.find(like({ tenant, id: grantId }))
  if (grant && grant.revokedAtSeconds !== null) return true
  return state.revocations.filter(like({ tenant })).some((line) => {
    if (line.kind === 'grant') return line.subject === grantId
    const subject = line.kind === 'client' ? clientId : userId
    return line.subject === subject && line.issuedUntilSeconds >= issuedAtSeconds
  })
}

export const revocationModel = (state: State): Pick<GrantStore, Methods> & FeedStore => ({
  revokeGrant: async (input) => revokeGrant(state, input),

  async revokeUserGrants(input) {
    const { tenant, userId, clientId, organisationId, nowSeconds } = input
    if (clientId === null) {
      removeWhere(state.consents, like({ tenant, userId }))
      return endUser(state, input)
    }
    const which = {
      tenant,
      userId,
      clientId,
      ...(organisationId !== undefined && { organisationId }),
    }
    removeWhere(state.consents, like(which))
    endCodes(state, which, nowSeconds)
    let sequence = nextSequence(state, tenant)
    const live = state.grants.filter((grant) => grant.endsAtSeconds > nowSeconds - 300)
    const ended = endGrants({ ...state, grants: live }, which, nowSeconds).map(({ id }) => id)
    for (const [index, id] of ended.toSorted().entries()) {
      if (index > 0) sequence = nextSequence(state, tenant)
      publish(state, { ...input, sequence, kind: 'grant', subject: id })
    }
    return ended.length
  },

  isRevoked: async (token) => isVoid(state, token),

  readFeedState: async (tenant) => feedState(state, tenant),

  async readFeed({ tenant, afterSequence, nowSeconds, limit }) {
    const lines = state.revocations
      .filter((line) => line.tenant === tenant && line.sequence > afterSequence)
      .filter((line) => line.expiresAtSeconds > nowSeconds)
      .toSorted(by((line) => line.sequence))
      .slice(0, limit)
      .map(({ tenant: _tenant, ...line }) => line)
    return { ...feedState(state, tenant), lines }
  },
})
