// The model's feed, and whatever ends grants.

import type { RevocationTag } from '../../../src/protocol/ids.ts'
import { lastTokenEnd, tokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { FeedState, FeedStore } from '../../../src/store/port/feed.ts'
import type {
  Ending,
  GrantEndingOutcome,
  GrantStore,
  HolderEnding,
  UserEnding,
} from '../../../src/store/port.ts'
import type { GrantRecord, RevocationRecord } from '../../../src/store/records.ts'
import { countFailure } from './guesses.ts'
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
    issuedUntilSeconds?: number
    expiresAtSeconds?: number
  },
): void {
  const { tenant, kind, subject, sequence } = line
  const { issuedUntilSeconds = line.nowSeconds } = line
  const ends = line.expiresAtSeconds ?? lastTokenEnd(line.nowSeconds)
  const earlier = state.revocations.find(like({ tenant, kind, subject }))
  removeWhere(state.revocations, like({ tenant, kind, subject }))
  state.revocations.push({
    tenant,
    kind,
    subject,
    sequence,
    issuedUntilSeconds: Math.max(issuedUntilSeconds, earlier?.issuedUntilSeconds ?? 0),
    expiresAtSeconds: Math.max(ends, earlier?.expiresAtSeconds ?? 0),
  })
}

export function endGrants(
  state: State,
  which: {
    readonly [Field in
      | 'tenant'
      | 'id'
      | 'clientId'
      | 'userId'
      | 'organisationId'
      | 'clientTag'
      | 'userTag']?: string | null
  },
  nowSeconds: number,
): GrantRecord[] {
  const grants = state.grants.filter(like({ ...which, revokedAtSeconds: null }))
  for (const grant of grants) grant.revokedAtSeconds = nowSeconds
  return grants
}

/** A code is worth nothing once whoever gave it, or may redeem it, has ended. */
function endCodes(
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

/** The last second of the year 9999. */
const FOR_EVER = 253_402_300_799

/** Whatever the number of its grants: the model ends all of them at once. */
export function endHolder(
  state: State,
  holder: { readonly kind: 'client' | 'user'; readonly id: string; readonly tag: RevocationTag },
  { tenant, nowSeconds, tokensName }: HolderEnding,
): number {
  const { kind, id, tag } = holder
  const line = { tenant, nowSeconds, kind }
  const tell = (subject: string, issuedUntilSeconds: number) =>
    publish(state, { ...line, sequence: nextSequence(state, tenant), subject, issuedUntilSeconds })
  const which = kind === 'client' ? { clientId: id } : { userId: id }
  endCodes(state, { tenant, ...which }, nowSeconds)
  tell(tag, FOR_EVER)
  const tagged = kind === 'client' ? { clientTag: tag } : { userId: id, userTag: tag }
  if (tokensName === 'grant') return endOneByOne(state, tagged, { tenant, nowSeconds })
  return endGrants(state, { tenant, ...tagged }, nowSeconds).length
}

/** One line of the feed for each live grant; without any, its number stays a gap. */
export function endOneByOne(
  state: State,
  which: {
    readonly [column in 'clientTag' | 'userId' | 'userTag' | 'accessIdentifierId']?: string
  },
  { tenant, nowSeconds }: Ending,
): number {
  const live = state.grants
    .filter(like({ tenant, ...which, revokedAtSeconds: null }))
    .filter((grant) => grant.endsAtSeconds > nowSeconds - 300)
    .toSorted(
      by(
        (grant) => grant.endsAtSeconds,
        (grant) => grant.id,
      ),
    )
  let sequence = nextSequence(state, tenant)
  for (const [index, grant] of live.entries()) {
    if (index > 0) sequence = nextSequence(state, tenant)
    grant.revokedAtSeconds = nowSeconds
    const line = { tenant, nowSeconds }
    publish(state, { ...line, sequence, kind: 'grant', subject: grant.id })
  }
  return live.length
}

export function endUser(state: State, user: State['users'][number], input: UserEnding): number {
  const { tag } = user
  user.tag = input.newTag
  return endHolder(state, { kind: 'user', id: user.id, tag }, input)
}

type Parties = Pick<GrantRecord, 'tenant' | 'clientId' | 'clientTag' | 'userId' | 'userTag'>

/** Whether app and user still have the tags that the grant was opened with. */
export function hasCurrentTags(state: State, grant: Parties): boolean {
  const { tenant, clientId, clientTag, userId, userTag } = grant
  const client = state.clients.some(like({ tenant, id: clientId, tag: clientTag }))
  const user = userTag === null || state.users.some(like({ tenant, id: userId, tag: userTag }))
  return client && user
}

/** Whether one of them has ended with all tokens that carry its tag. */
export function hasFormerTag(state: State, grant: Parties): boolean {
  const { tenant, clientTag, userTag } = grant
  return (
    state.revocations.some(like({ tenant, kind: 'client', subject: clientTag })) ||
    state.revocations.some(like({ tenant, kind: 'user', subject: userTag }))
  )
}

export function revokeGrant(
  state: State,
  input: Parameters<GrantStore['revokeGrant']>[0],
): GrantEndingOutcome {
  const { tenant, grantId: id, nowSeconds, machineToken } = input
  const sequence = nextSequence(state, tenant)
  const [gone] = endGrants(state, { tenant, id }, nowSeconds)
  const ended = gone !== undefined
  const known = state.grants.some(like({ tenant, id }))
  const told = state.revocations.some(like({ tenant, kind: 'grant', subject: id }))
  if (!ended && (known || told)) return 'ended_before'
  const alone = known ? undefined : machineToken
  const counted = alone && countFailure(state, { tenant, nowSeconds, allowance: alone.allowance })
  if (counted && 'spentForSeconds' in counted) return counted
  const expiresAtSeconds = alone
    ? tokenEnd(alone.expiresAtSeconds, nowSeconds)
    : lastTokenEnd(nowSeconds)
  const line = { tenant, nowSeconds, expiresAtSeconds }
  publish(state, { ...line, sequence, kind: 'grant', subject: id })
  if (input.endsConsent && gone) {
    const { userId, clientId, organisationId } = gone
    removeWhere(state.consents, like({ tenant, userId, clientId, organisationId }))
  }
  if (input.event) state.auditEvents.push(input.event)
  return 'ended'
}

const feedState = (state: State, tenant: string): FeedState => ({
  epoch: 'the only one',
  lastSequence: state.sequences.get(tenant) ?? 0,
  idsUntilSeconds: 0,
})

type Methods =
  | 'revokeGrant'
  | 'revokeUserGrants'
  | 'continueEndings'
  | 'hasUnfinishedEndings'
  | 'isRevoked'

export function isVoid(state: State, token: Parameters<GrantStore['isRevoked']>[0]): boolean {
  const { tenant, grantId, clientId, userId, clientTag, userTag, issuedAtSeconds } = token
  const grant = state.grants.find(like({ tenant, id: grantId }))
  if (grant && grant.revokedAtSeconds !== null) return true
  const opener = grant?.accessIdentifierId ?? null
  if (opener !== null && !state.accessIdentifiers.some(like({ tenant, id: opener }))) return true
  const subjects = { client: clientTag ?? clientId, user: userTag ?? userId, tenant: '' }
  return state.revocations.filter(like({ tenant })).some((line) => {
    if (line.kind === 'grant') return line.subject === grantId
    return line.subject === subjects[line.kind] && line.issuedUntilSeconds >= issuedAtSeconds
  })
}

export const revocationModel = (state: State): Pick<GrantStore, Methods> & FeedStore => ({
  revokeGrant: async (input) => revokeGrant(state, input),

  async revokeUserGrants(input) {
    const { tenant, userId, clientId, organisationId, nowSeconds } = input
    if (clientId === null) {
      const user = state.users.find(like({ tenant, id: userId }))
      removeWhere(state.consents, like({ tenant, userId }))
      return user ? endUser(state, user, input) : 0
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
      const line = { tenant, nowSeconds }
      publish(state, { ...line, sequence, kind: 'grant', subject: id })
    }
    return ended.length
  },

  continueEndings: async () => false,
  hasUnfinishedEndings: async () => false,
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
