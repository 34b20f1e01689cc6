// Plans about the customer companies and their units.

import type { ByAge, Page } from '../port/page.ts'
import type { OrganisationWithUnits } from '../port/people.ts'
import type { OrganisationRecord, UnitRecord } from '../records.ts'
import { columnsOf, ORGANISATION, UNIT, valuesOf } from './columns.ts'
import { OLDEST_FIRST, type PageInput } from './page.ts'
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
  // Units of other organisations have their ids in the same space: tokens name a unit alone.
  for (const unit of units) if ((yield* first(selectUnit, unit)) !== undefined) return 'exists'
  if ((yield* first(insertOrganisation, organisation)) === undefined) return 'exists'
  yield* finishWith(units.map((unit) => call(insertUnit, unit)))
  return 'created'
}

const selectOrganisations = statement((db, p: PageInput & { tenant: string }) =>
  OLDEST_FIRST.part(
    db.selectFrom('organisations').where('tenant', '=', p.tenant).select(columnsOf(ORGANISATION)),
    p,
  ),
)

const selectUnits = statement((db, p: PageInput & { tenant: string }) =>
  db
    .selectFrom('units')
    .where('tenant', '=', p.tenant)
    .where('organisationId', 'in', (eb) =>
      OLDEST_FIRST.part(
        eb.selectFrom('organisations').where('tenant', '=', p.tenant).select('id'),
        p,
      ),
    )
    .select(columnsOf(UNIT))
    .orderBy('name')
    .orderBy('id'),
)

export function* listOrganisations(
  tenant: string,
  page?: Page<ByAge>,
): Plan<readonly OrganisationWithUnits[]> {
  const input = { tenant, ...OLDEST_FIRST.input(page) }
  const organisations = yield* run(selectOrganisations, input)
  const units = Map.groupBy(yield* run(selectUnits, input), (unit) => unit.organisationId)
  return organisations.map((organisation) => ({
    ...organisation,
    units: units.get(organisation.id) ?? [],
  }))
}

type OrganisationKey = { tenant: string; id: string }

const selectOrganisation = statement((db, p: OrganisationKey) =>
  db
    .selectFrom('organisations')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .select(columnsOf(ORGANISATION)),
)

const selectUnitsOf = statement((db, p: OrganisationKey) =>
  db
    .selectFrom('units')
    .where('tenant', '=', p.tenant)
    .where('organisationId', '=', p.id)
    .select(columnsOf(UNIT))
    .orderBy('name')
    .orderBy('id'),
)

export function* findOrganisation(tenant: string, id: string): Plan<OrganisationWithUnits | null> {
  const organisation = yield* first(selectOrganisation, { tenant, id })
  if (organisation === undefined) return null
  return { ...organisation, units: yield* run(selectUnitsOf, { tenant, id }) }
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
