// Plans about signing keys. Unique indexes allow one `current` and one `next` key per tenant, API and algorithm: of
// several processes that make the first keys, or rotate them, one succeeds.

import type { KeyStore } from '../port.ts'
import type { KeyRecord } from '../records.ts'
import { columnsOf, SIGNING_KEY, valuesOf } from './columns.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

const STATE_ORDER: readonly KeyRecord['state'][] = ['current', 'next', 'previous']

const selectKeys = statement((db, p: { tenant: string; nowSeconds: number }) =>
  db
    .selectFrom('signingKeys')
    .where('tenant', '=', p.tenant)
    .where((eb) =>
      eb.or([eb('expiresAtSeconds', 'is', null), eb('expiresAtSeconds', '>', p.nowSeconds)]),
    )
    .select(columnsOf(SIGNING_KEY))
    .orderBy('createdAtSeconds', 'desc')
    .orderBy('kid'),
)

export function* listKeys(tenant: string, nowSeconds: number): Plan<readonly KeyRecord[]> {
  const keys = yield* run(selectKeys, { tenant, nowSeconds })
  return byState(keys)
}

function byState(keys: readonly KeyRecord[]): readonly KeyRecord[] {
  return keys.toSorted((a, b) => STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state))
}

const insertFirstKey = statement((db, p: KeyRecord) =>
  db
    .insertInto('signingKeys')
    .values(valuesOf(SIGNING_KEY, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('kid'),
)

const insertKey = statement((db, p: KeyRecord) =>
  db.insertInto('signingKeys').values(valuesOf(SIGNING_KEY, p)),
)

export function* createFirstKeys(keys: readonly KeyRecord[]): Plan<'created' | 'exists'> {
  const [foremost, ...others] = byState(keys)
  if (foremost === undefined) throw new Error('no keys to store')
  if ((yield* first(insertFirstKey, foremost)) === undefined) return 'exists'
  yield* finishWith(others.map((key) => call(insertKey, key)))
  return 'created'
}

type RotateKeysInput = Parameters<KeyStore['rotateKeys']>[0]

const retireKey = statement((db, p: Omit<RotateKeysInput, 'next'>) =>
  db
    .updateTable('signingKeys')
    .set({ state: 'previous', expiresAtSeconds: p.previousExpiresAtSeconds })
    .where('tenant', '=', p.tenant)
    .where('kid', '=', p.currentKid)
    .where('state', '=', 'current')
    .returning('kid'),
)

const promoteKey = statement(
  (db, p: Pick<KeyRecord, 'tenant' | 'resourceServer' | 'algorithm'> & { nowSeconds: number }) =>
    db
      .updateTable('signingKeys')
      .set({ state: 'current', activatedAtSeconds: p.nowSeconds })
      .where('tenant', '=', p.tenant)
      .where('resourceServer', '=', p.resourceServer)
      .where('algorithm', '=', p.algorithm)
      .where('state', '=', 'next')
      .returning('kid'),
)

export function* rotateKeys(input: RotateKeysInput): Plan<'rotated' | 'lost'> {
  if ((yield* first(retireKey, input)) === undefined) return 'lost'
  const { next, nowSeconds } = input
  if ((yield* first(promoteKey, { ...next, nowSeconds })) === undefined) {
    throw new Error(`tenant ${input.tenant} has no next signing key to rotate to`)
  }
  yield* run(insertKey, next)
  return 'rotated'
}
