// Plans about application keys.

import type { ClientId, TokenHash } from '../../protocol/ids.ts'
import type { ByAge, Page } from '../port/page.ts'
import type { ClientEnding } from '../port.ts'
import type { ApplicationKeyRecord } from '../records.ts'
import { APPLICATION_KEY, columnsOf, valuesOf } from './columns.ts'
import { endHolder } from './endings.ts'
import { holdOpenerTag } from './hold-tags.ts'
import { OLDEST_FIRST, type PageInput } from './page.ts'
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

const selectKeys = statement((db, p: PageInput & { tenant: string }) =>
  OLDEST_FIRST.part(
    db
      .selectFrom('applicationKeys')
      .where('tenant', '=', p.tenant)
      .select(columnsOf(APPLICATION_KEY)),
    p,
  ),
)

export const listApplicationKeys = (
  tenant: string,
  page?: Page<ByAge>,
): Plan<readonly ApplicationKeyRecord[]> => run(selectKeys, { tenant, ...OLDEST_FIRST.input(page) })

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

const suspendKey = statement((db, p: ClientEnding) =>
  db
    .updateTable('applicationKeys')
    .set({ suspendedAtSeconds: p.nowSeconds, tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* suspendApplicationKey(input: ClientEnding): Plan<boolean> {
  const held = yield* first(holdOpenerTag.applicationKeys, input)
  if (held === undefined) return false
  yield* run(suspendKey, input)
  yield* endHolder({ kind: 'client', id: input.id, tag: held.tag }, input)
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
    .returning('tag'),
)

export function* deleteApplicationKey(input: ClientEnding): Plan<boolean> {
  const removed = yield* first(removeKey, input)
  if (removed === undefined) return false
  yield* endHolder({ kind: 'client', id: input.id, tag: removed.tag }, input)
  return true
}
