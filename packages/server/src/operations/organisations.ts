// Organisations and their units.

import { newId } from '../platform/random.ts'
import type { OrganisationWithUnits } from '../store/port.ts'
import type { OrganisationRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { checkHandle, checkName, findRepeated } from './field-checks.ts'
import {
  eventOf,
  type FieldProblem,
  type OperationContext,
  refusal,
  refuseIfAny,
} from './operation.ts'

interface Named {
  readonly name: string
  /** Chosen, to match an id that the product has already; made when not given. */
  readonly id?: string | undefined
}

export interface NewOrganisation extends Named {
  readonly units?: readonly Named[] | undefined
}

/** @throws OperationError with everything that is wrong with the input */
export async function createOrganisation(
  input: NewOrganisation,
  context: OperationContext,
): Promise<OrganisationWithUnits> {
  const { tenant, store, clock } = context
  refuseIfAny(checkNewOrganisation(input))
  const organisation: OrganisationRecord = {
    tenant: tenant.name,
    id: input.id ?? newId(),
    name: input.name.trim(),
    createdAtSeconds: clock.nowSeconds(),
  }
  const units = (input.units ?? []).map((unit) => ({
    tenant: tenant.name,
    id: unit.id ?? newId(),
    organisationId: organisation.id,
    name: unit.name.trim(),
  }))
  const event = eventOf(context, 'organisation.created', `organisation:${organisation.id}`)
  const outcome = await store.createOrganisation(organisation, units, event)
  if (outcome === 'exists') {
    throw refusal('id', `"${organisation.id}", or that of a unit, is taken: choose another`)
  }
  return { ...organisation, units }
}

function checkNewOrganisation({ id, name, units = [] }: NewOrganisation): FieldProblem[] {
  const unitIds = units.flatMap((unit) => unit.id ?? [])
  const repeatedIds = findRepeated(unitIds)
  const repeatedNames = findRepeated(units.map((unit) => unit.name.trim()))
  return [
    ...(id === undefined ? [] : checkHandle('id', id)),
    ...checkName('name', name),
    ...unitIds.flatMap((unitId) => checkHandle('units', unitId)),
    ...units.flatMap((unit) => checkName('units', unit.name)),
    ...[...repeatedIds, ...repeatedNames].map((value) => ({
      field: 'units',
      problem: `"${value}" is given twice`,
    })),
  ]
}

/** Whether an organisation, and a unit of it, are there to belong to. */
export function checkPlace(
  { organisationId, unitId }: { organisationId?: string | undefined; unitId?: string | undefined },
  organisations: readonly OrganisationWithUnits[],
): FieldProblem[] {
  if (organisationId === undefined) {
    const problem = 'needs the organisation that the unit is part of'
    return unitId === undefined ? [] : [{ field: 'unitId', problem }]
  }
  const organisation = organisations.find(({ id }) => id === organisationId)
  if (!organisation) {
    return [{ field: 'organisationId', problem: `"${organisationId}" does not exist` }]
  }
  if (unitId === undefined || organisation.units.some(({ id }) => id === unitId)) return []
  return [{ field: 'unitId', problem: `"${unitId}" is not a unit of "${organisationId}"` }]
}

export function listOrganisations(
  { tenant, store }: OperationContext,
  limit?: number,
): AsyncGenerator<OrganisationWithUnits> {
  return walk((page) => store.listOrganisations(tenant.name, page), limit)
}

/** Those of these ids that there are. */
export async function findOrganisations(
  ids: readonly (string | undefined)[],
  { tenant, store }: OperationContext,
): Promise<readonly OrganisationWithUnits[]> {
  const found: OrganisationWithUnits[] = []
  for (const id of new Set(ids)) {
    const organisation = id === undefined ? null : await store.findOrganisation(tenant.name, id)
    if (organisation !== null) found.push(organisation)
  }
  return found
}
