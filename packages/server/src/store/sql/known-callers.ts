// Plans for who has signed in at an account before. Callers share a few slots per account: a new one takes the place of
// the one before it, so that nobody fills the table.

import type { KnownCaller, KnownCallerKey } from '../port/guessing.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

const selectCaller = statement((db, p: KnownCallerKey & { nowSeconds: number }) =>
  db
    .selectFrom('knownCallers')
    .where('tenant', '=', p.tenant)
    .where('account', '=', p.account)
    .where('slot', '=', p.slot)
    .where('caller', '=', p.caller)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .select('lastAtSeconds'),
)

export function* findKnownCaller(key: KnownCallerKey, nowSeconds: number): Plan<number | null> {
  return (yield* first(selectCaller, { ...key, nowSeconds }))?.lastAtSeconds ?? null
}

const upsertCaller = statement((db, p: KnownCaller) =>
  db
    .insertInto('knownCallers')
    .values({
      tenant: p.tenant,
      account: p.account,
      slot: p.slot,
      caller: p.caller,
      lastAtSeconds: p.lastAtSeconds,
      expiresAtSeconds: p.expiresAtSeconds,
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'account', 'slot']).doUpdateSet((eb) => ({
        caller: eb.ref('excluded.caller'),
        lastAtSeconds: eb.ref('excluded.lastAtSeconds'),
        expiresAtSeconds: eb.ref('excluded.expiresAtSeconds'),
      })),
    ),
)

export function* rememberCaller(caller: KnownCaller): Plan<void> {
  yield* run(upsertCaller, caller)
}
