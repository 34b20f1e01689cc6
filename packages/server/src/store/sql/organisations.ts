// Plans about the customer companies and their units.

import type { OrganisationRecord, UnitRecord } from '../records.ts'
import { columnsOf, ORGANISATION, UNIT, valuesOf } from './columns.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

const insertOrganisation = statement((db, p: OrganisationRecord) =>
  db
    .insertInto('organisations')
    .values(valuesOf(ORGANISATION, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

const insertUnit = statement((db, p: UnitRecord) =>
  db.insertInto('units').values(valuesOf(UNIT, p)),
)

export function* createOrganisation(
  organisation: OrganisationRecord,
  units: readonly UnitRecord[],
): Plan<'created' | 'exists'> {
  if ((yield* first(insertOrganisation, organisation)) === undefined) return 'exists'
  yield* finishWith(units.map((unit) => call(insertUnit, unit)))
  return 'created'
}

const selectOrganisations = statement((db, p: { tenant: string }) =>
  db
    .selectFrom('organisations')
    .where('tenant', '=', p.tenant)
    .select(columnsOf(ORGANISATION))
    .orderBy('createdAtSeconds')
    .orderBy('id'),
)

const selectUnits = statement((db, p: { tenant: string }) =>
  db
    .selectFrom('units')
    .where('tenant', '=', p.tenant)
    .select(columnsOf(UNIT))
    .orderBy('name')
    .orderBy('id'),
)

export function* listOrganisations(
  tenant: string,
): Plan<readonly (OrganisationRecord & { units: readonly UnitRecord[] })[]> {
  const organisations = yield* run(selectOrganisations, { tenant })
  const units = Map.groupBy(yield* run(selectUnits, { tenant }), (unit) => unit.organisationId)
  return organisations.map((organisation) => ({
    ...organisation,
    units: units.get(organisation.id) ?? [],
  }))
}

const selectUnit = statement((db, p: { tenant: string; id: string }) =>
  db
    .selectFrom('units')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .select(columnsOf(UNIT)),
)

export function* findUnit(tenant: string, id: string): Plan<UnitRecord | null> {
  return (yield* first(selectUnit, { tenant, id })) ?? null
}
