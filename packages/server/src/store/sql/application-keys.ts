// Plans about application keys.

import type { ClientId, TokenHash } from '../../protocol/ids.ts'
import type { ClientEnding } from '../port.ts'
import type { ApplicationKeyRecord } from '../records.ts'
import { APPLICATION_KEY, columnsOf, valuesOf } from './columns.ts'
import { endTokensOfClient } from './end-opened-grants.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type Key = { tenant: string; id: ClientId }

const insertKey = statement((db, p: ApplicationKeyRecord) =>
  db
    .insertInto('applicationKeys')
    .values(valuesOf(APPLICATION_KEY, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export function* createApplicationKey(key: ApplicationKeyRecord): Plan<'created' | 'exists'> {
  return (yield* first(insertKey, key)) === undefined ? 'exists' : 'created'
}

const selectKey = statement((db, p: { tenant: string; hash: TokenHash }) =>
  db
    .selectFrom('applicationKeys')
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .select(columnsOf(APPLICATION_KEY)),
)

export function* findApplicationKey(
  tenant: string,
  hash: TokenHash,
): Plan<ApplicationKeyRecord | null> {
  return (yield* first(selectKey, { tenant, hash })) ?? null
}

const selectKeys = statement((db, p: { tenant: string }) =>
  db
    .selectFrom('applicationKeys')
    .where('tenant', '=', p.tenant)
    .select(columnsOf(APPLICATION_KEY))
    .orderBy('createdAtSeconds')
    .orderBy('id'),
)

export const listApplicationKeys = (tenant: string): Plan<readonly ApplicationKeyRecord[]> =>
  run(selectKeys, { tenant })

const updateUse = statement((db, p: Key & { atSeconds: number }) =>
  db
    .updateTable('applicationKeys')
    .set({ lastUsedAtSeconds: p.atSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* recordApplicationKeyUse(
  tenant: string,
  id: ClientId,
  atSeconds: number,
): Plan<void> {
  yield* run(updateUse, { tenant, id, atSeconds })
}

const suspendKey = statement((db, p: Key & { nowSeconds: number }) =>
  db
    .updateTable('applicationKeys')
    .set({ suspendedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('suspendedAtSeconds', 'is', null)
    .returning('id'),
)

export function* suspendApplicationKey(input: ClientEnding): Plan<boolean> {
  if ((yield* first(suspendKey, input)) === undefined) return false
  yield* endTokensOfClient(input)
  return true
}

const resumeKey = statement((db, p: Key) =>
  db
    .updateTable('applicationKeys')
    .set({ suspendedAtSeconds: null })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('suspendedAtSeconds', 'is not', null)
    .returning('id'),
)

export function* resumeApplicationKey(tenant: string, id: ClientId): Plan<boolean> {
  return (yield* first(resumeKey, { tenant, id })) !== undefined
}

const removeKey = statement((db, p: Key) =>
  db
    .deleteFrom('applicationKeys')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .returning('id'),
)

export function* deleteApplicationKey(input: ClientEnding): Plan<boolean> {
  if ((yield* first(removeKey, input)) === undefined) return false
  yield* endTokensOfClient(input)
  return true
}
