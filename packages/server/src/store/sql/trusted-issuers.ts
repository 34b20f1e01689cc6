// Plans about the identity systems whose JWTs are believed.

import type { ClientId } from '../../protocol/ids.ts'
import type { ByAge, Page } from '../port/page.ts'
import type { ClientEnding } from '../port.ts'
import type { TrustedIssuerRecord } from '../records.ts'
import { columnsOf, TRUSTED_ISSUER, valuesOf } from './columns.ts'
import { endHolder } from './endings.ts'
import { holdOpenerTag } from './hold-tags.ts'
import { OLDEST_FIRST, type PageInput } from './page.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type Key = { tenant: string; id: ClientId }

const insertIssuer = statement((db, p: TrustedIssuerRecord) =>
  db
    .insertInto('trustedIssuers')
    .values(valuesOf(TRUSTED_ISSUER, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export function* createTrustedIssuer(issuer: TrustedIssuerRecord): Plan<'created' | 'exists'> {
  return (yield* first(insertIssuer, issuer)) === undefined ? 'exists' : 'created'
}

const selectIssuer = statement((db, p: { tenant: string; issuer: string }) =>
  db
    .selectFrom('trustedIssuers')
    .where('tenant', '=', p.tenant)
    .where('issuer', '=', p.issuer)
    .select(columnsOf(TRUSTED_ISSUER)),
)

export function* findTrustedIssuer(
  tenant: string,
  issuer: string,
): Plan<TrustedIssuerRecord | null> {
  return (yield* first(selectIssuer, { tenant, issuer })) ?? null
}

const selectIssuers = statement((db, p: PageInput & { tenant: string }) =>
  OLDEST_FIRST.part(
    db
      .selectFrom('trustedIssuers')
      .where('tenant', '=', p.tenant)
      .select(columnsOf(TRUSTED_ISSUER)),
    p,
  ),
)

export const listTrustedIssuers = (
  tenant: string,
  page?: Page<ByAge>,
): Plan<readonly TrustedIssuerRecord[]> =>
  run(selectIssuers, { tenant, ...OLDEST_FIRST.input(page) })

const selectIssuerById = statement((db, p: { tenant: string; id: ClientId }) =>
  db
    .selectFrom('trustedIssuers')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .select(columnsOf(TRUSTED_ISSUER)),
)

export function* findTrustedIssuerById(
  tenant: string,
  id: ClientId,
): Plan<TrustedIssuerRecord | null> {
  return (yield* first(selectIssuerById, { tenant, id })) ?? null
}

const suspendIssuer = statement((db, p: ClientEnding) =>
  db
    .updateTable('trustedIssuers')
    .set({ suspendedAtSeconds: p.nowSeconds, tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* suspendTrustedIssuer(input: ClientEnding): Plan<boolean> {
  const held = yield* first(holdOpenerTag.trustedIssuers, input)
  if (held === undefined) return false
  yield* run(suspendIssuer, input)
  yield* endHolder({ kind: 'client', id: input.id, tag: held.tag }, input)
  return true
}

const resumeIssuer = statement((db, p: Key) =>
  db
    .updateTable('trustedIssuers')
    .set({ suspendedAtSeconds: null })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('suspendedAtSeconds', 'is not', null)
    .returning('id'),
)

export function* resumeTrustedIssuer(tenant: string, id: ClientId): Plan<boolean> {
  return (yield* first(resumeIssuer, { tenant, id })) !== undefined
}

/** The identities that it vouched for go with it. */
const removeIssuer = statement((db, p: Key) =>
  db
    .deleteFrom('trustedIssuers')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .returning('tag'),
)

export function* deleteTrustedIssuer(input: ClientEnding): Plan<boolean> {
  const removed = yield* first(removeIssuer, input)
  if (removed === undefined) return false
  yield* endHolder({ kind: 'client', id: input.id, tag: removed.tag }, input)
  return true
}
