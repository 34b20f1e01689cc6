// Plans about how often apps use legacy allowances.

import type { AllowanceUses } from '../port/clients.ts'
import type { ClientStore } from '../port.ts'
import type { AllowanceUseRecord } from '../records.ts'
import { ALLOWANCE_USE, valuesOf } from './columns.ts'
import { call, finishWith, type Plan, run } from './plan.ts'
import { statement, wholeSum } from './statement.ts'

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

type OfClient = Parameters<ClientStore['listAllowanceUses']>[0]

const selectUses = statement((db, p: OfClient) =>
  db
    .selectFrom('allowanceUses')
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .where('day', '>=', p.fromDay)
    .groupBy('allowance')
    .select(({ fn }) => ['allowance', wholeSum('uses').as('uses'), fn.max('day').as('lastDay')])
    .orderBy('allowance'),
)

export const listAllowanceUses = (input: OfClient): Plan<readonly AllowanceUses[]> =>
  run(selectUses, input)
