import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { createOrganisation, listOrganisations, type NewOrganisation } from './organisations.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

it('creates an organisation with units, with ids of the product or new ones', async () => {
  const units = [{ id: 'vienna', name: 'Vienna' }, { name: 'Graz' }]
  const created = await createOrganisation({ id: 'acme', name: ' Acme ', units }, context)
  expect(created).toMatchObject({ id: 'acme', name: 'Acme' })
  expect(created.units).toMatchObject([
    { id: 'vienna', organisationId: 'acme' },
    { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Graz' },
  ])
  const [listed] = await Array.fromAsync(listOrganisations(context))
  expect(listed?.units).toHaveLength(2)
  expect(await auditTrail(context)).toEqual(['test organisation.created organisation:acme'])
})

it.each<[NewOrganisation, RegExp]>([
  [{ name: '' }, /^name is empty/],
  [{ id: '../x', name: 'Acme' }, /^id "..\/x" cannot be used/],
  [{ name: 'Acme', units: [{ name: ' ' }] }, /^units is empty/],
  [{ name: 'Acme', units: [{ id: 'a/b', name: 'A' }] }, /^units "a\/b" cannot be used/],
  [{ name: 'Acme', units: [{ name: 'A' }, { name: 'A' }] }, /^units "A" is given twice/],
])('refuses %j', async (input, problem) => {
  const problems = await problemsOf(createOrganisation(input, context))
  expect(problems.map((each) => `${each.field} ${each.problem}`)).toEqual([
    expect.stringMatching(problem),
  ])
  expect(await Array.fromAsync(listOrganisations(context))).toEqual([])
})

it('refuses an id that is taken', async () => {
  await createOrganisation({ id: 'acme', name: 'Acme' }, context)
  const again = createOrganisation({ id: 'acme', name: 'Other' }, context)
  expect(await problemsOf(again)).toMatchObject([{ field: 'id' }])
})
