// Opens grants that have their tokens at once: no code stands between. What was checked for one must still hold when
// it is stored. So each of those rows is locked against change, but shared: callers with one key or user never wait
// for each other, and whoever ends it either comes first or finds this grant among those to end.

import type { ClientId, RevocationTag, UserId } from '../../protocol/ids.ts'
import type { GrantGuard, GrantStore, OpenGrantOutcome } from '../port.ts'
import type { GrantRecord } from '../records.ts'
import { makeRoomFor } from './bound-grants.ts'
import { holdPasswordOfGrant } from './hold-password.ts'
import { claimJwt } from './one-time-ids.ts'
import { openingOf } from './opening.ts'
import { call, finishWith, type Plan, type StatementCall } from './plan.ts'
import { hasRowLocks, statement } from './statement.ts'

export function* openGrant(input: Parameters<GrantStore['openGrant']>[0]): Plan<OpenGrantOutcome> {
  const { grant, guard } = input
  const ended = yield* findEnded(conditionsOf(guard, grant))
  if (ended !== undefined) return ended
  const once = guard.kind === 'identity' ? guard.once : null
  if (once !== null && !(yield* claimJwt(once))) return 'already_used'
  // What a key opens is one token, and there may be many of them at once.
  if (guard.kind === 'password') yield* makeRoomFor(grant)
  const accessIdentifierId = guard.kind === 'password' ? null : guard.accessIdentifierId
  yield* finishWith(openingOf(grant, { ...input, accessIdentifierId }))
  return 'opened'
}

/** A row that must be there, and what it means when it is not. */
interface Condition {
  readonly row: StatementCall
  readonly otherwise: OpenGrantOutcome
}

function conditionsOf(guard: GrantGuard, grant: GrantRecord): readonly Condition[] {
  const { tenant, userId, clientTag, userTag, createdAtSeconds: nowSeconds } = grant
  if (guard.kind === 'password') {
    return [{ row: call(holdPasswordOfGrant, { ...grant, ...guard }), otherwise: 'user_ended' }]
  }
  const { accessIdentifierId } = guard
  const conditions: Condition[] = []
  if (guard.kind === 'key') {
    const row = call(holdKey, { tenant, id: guard.keyId, clientTag, nowSeconds })
    conditions.push({ row, otherwise: 'key_ended' })
  }
  if (guard.kind === 'identity') {
    const row = call(holdIssuer, { tenant, id: guard.trustedIssuerId, clientTag })
    conditions.push({ row, otherwise: 'issuer_ended' })
  }
  if (accessIdentifierId !== null) {
    const row = call(holdIdentifier, { tenant, id: accessIdentifierId })
    conditions.push({ row, otherwise: 'identifier_gone' })
  }
  if (userId !== null) {
    conditions.push({ row: call(holdUser, { tenant, userId, userTag }), otherwise: 'user_ended' })
  }
  return conditions
}

function* findEnded(conditions: readonly Condition[]): Plan<OpenGrantOutcome | undefined> {
  const found = yield { calls: conditions.map(({ row }) => row), last: false }
  return conditions.find((_condition, index) => found[index]?.length === 0)?.otherwise
}

const holdUser = statement(
  (db, p: { tenant: string; userId: UserId; userTag: RevocationTag | null }) =>
    db
      .selectFrom('users')
      .where('tenant', '=', p.tenant)
      .where('id', '=', p.userId)
      .where('tag', '=', p.userTag)
      .where('disabledAtSeconds', 'is', null)
      .select('id')
      .$if(hasRowLocks(db), (query) => query.forShare()),
)

interface OpenerKey {
  readonly tenant: string
  readonly id: ClientId
  readonly clientTag: RevocationTag
}

const holdKey = statement((db, p: OpenerKey & { nowSeconds: number }) =>
  db
    .selectFrom('applicationKeys')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('tag', '=', p.clientTag)
    .where('suspendedAtSeconds', 'is', null)
    .where((eb) =>
      eb.or([eb('expiresAtSeconds', 'is', null), eb('expiresAtSeconds', '>', p.nowSeconds)]),
    )
    .select('id')
    .$if(hasRowLocks(db), (query) => query.forShare()),
)

const holdIssuer = statement((db, p: OpenerKey) =>
  db
    .selectFrom('trustedIssuers')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('tag', '=', p.clientTag)
    .where('suspendedAtSeconds', 'is', null)
    .select('id')
    .$if(hasRowLocks(db), (query) => query.forShare()),
)

const holdIdentifier = statement((db, p: { tenant: string; id: string }) =>
  db
    .selectFrom('accessIdentifiers')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .select('id')
    .$if(hasRowLocks(db), (query) => query.forShare()),
)
