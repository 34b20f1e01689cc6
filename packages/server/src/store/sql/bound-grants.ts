// Bounds the live grants of one user and one app, per organisation: whoever opens one more ends the oldest. What callers
// at the same moment leave too many, the next one ends.

import { type Expression, expressionBuilder } from 'kysely'
import type { ClientId, UserId } from '../../protocol/ids.ts'
import { MOST_GRANTS } from '../limits.ts'
import type { CodeRecord, GrantRecord } from '../records.ts'
import { first, type Plan, run } from './plan.ts'
import { nextSequence, publish } from './publish.ts'
import type { Database } from './schema.ts'
import { statement } from './statement.ts'

/** Whose grants: each a value, or a column of the statement that asks. */
interface Party {
  readonly tenant: string | Expression<string>
  readonly userId: UserId | Expression<UserId>
  readonly clientId: ClientId | Expression<ClientId>
  readonly organisationId: string | null | Expression<string | null>
}

function grantsOf(p: Party) {
  const eb = expressionBuilder<Database>()
  return eb
    .selectFrom('grants as others')
    .where('others.tenant', '=', p.tenant)
    .where('others.userId', '=', p.userId)
    .where('others.clientId', '=', p.clientId)
    .where('others.organisationId', 'is not distinct from', p.organisationId)
    .where('others.revokedAtSeconds', 'is', null)
}

/**
 * Tells whether there may be too many once another is opened: some may have run out. To know which, or to sort them,
 * the rows themselves would have to be read, while an index counts them.
 */
function oneBeyond(p: Party) {
  return grantsOf(p)
    .select(({ lit }) => lit(1).as('one'))
    .limit(1)
    .offset(MOST_GRANTS - 1)
}

/** Those that are too many then: the oldest. */
function grantsBeyond(p: Party & { readonly nowSeconds: number }) {
  return grantsOf(p)
    .where('others.endsAtSeconds', '>', p.nowSeconds)
    .select('others.id')
    .orderBy('others.createdAtSeconds', 'desc')
    .orderBy('others.id', 'desc')
    .limit(MOST_GRANTS)
    .offset(MOST_GRANTS - 1)
}

/** Within the statement that spends a code, so that whoever has few grants pays nothing for it. */
export function firstBeyond() {
  const { ref } = expressionBuilder<Database, 'codes'>()
  return oneBeyond({
    tenant: ref('codes.tenant'),
    userId: ref('codes.userId'),
    clientId: ref('codes.clientId'),
    organisationId: ref('codes.organisationId'),
  })
}

type OneParty = Pick<CodeRecord, 'tenant' | 'userId' | 'clientId' | 'organisationId'> & {
  readonly nowSeconds: number
}

const selectBeyond = statement((db, p: OneParty) => db.selectNoFrom(oneBeyond(p).as('beyond')))

const endBeyond = statement((db, p: OneParty) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', 'in', grantsBeyond(p))
    .returning('id'),
)

/** Makes room for a grant that no code stands for. */
export function* makeRoomFor({ userId, ...grant }: GrantRecord): Plan<void> {
  if (userId === null) return
  const party = { ...grant, userId, nowSeconds: grant.createdAtSeconds }
  if ((yield* first(selectBeyond, party))?.beyond) yield* endOldest(party)
}

export function* endOldest(party: OneParty): Plan<void> {
  const { tenant, nowSeconds } = party
  let sequence = yield* nextSequence(tenant)
  const ended = (yield* run(endBeyond, party)).map(({ id }) => id)
  for (const [index, subject] of ended.toSorted().entries()) {
    if (index > 0) sequence = yield* nextSequence(tenant)
    yield* publish({ tenant, sequence, kind: 'grant', subject, nowSeconds })
  }
}
