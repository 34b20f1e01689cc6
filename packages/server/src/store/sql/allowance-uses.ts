// Plans about how often apps use legacy allowances.

import type { AllowanceUseRecord } from '../records.ts'
import { ALLOWANCE_USE, columnsOf, valuesOf } from './columns.ts'
import { call, finishWith, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

const addUses = statement((db, p: AllowanceUseRecord) =>
  db
    .insertInto('allowanceUses')
    .values(valuesOf(ALLOWANCE_USE, p))
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'clientId', 'allowance', 'day'])
        .doUpdateSet((eb) => ({ uses: eb('allowanceUses.uses', '+', eb.ref('excluded.uses')) })),
    ),
)

export function* addAllowanceUses(uses: readonly AllowanceUseRecord[]): Plan<void> {
  yield* finishWith(uses.toSorted(byKey).map((use) => call(addUses, use)))
}

/** Two processes that count the same apps touch the rows in the same order, so that neither waits for the other. */
function byKey(a: AllowanceUseRecord, b: AllowanceUseRecord): number {
  return Number(keyOf(a) > keyOf(b)) - Number(keyOf(a) < keyOf(b))
}

function keyOf({ tenant, clientId, allowance, day }: AllowanceUseRecord): string {
  return `${day} ${allowance} ${tenant} ${clientId}`
}

const selectUses = statement((db, p: { tenant: string; fromDay: string }) =>
  db
    .selectFrom('allowanceUses')
    .where('tenant', '=', p.tenant)
    .where('day', '>=', p.fromDay)
    .select(columnsOf(ALLOWANCE_USE))
    .orderBy('day')
    .orderBy('clientId')
    .orderBy('allowance'),
)

export const listAllowanceUses = (
  tenant: string,
  fromDay: string,
): Plan<readonly AllowanceUseRecord[]> => run(selectUses, { tenant, fromDay })
