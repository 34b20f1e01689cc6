import { describe, expect, test } from 'vitest'
import { type Call, startApi } from './support/start-api.ts'

async function unitsSeen(call: Call): Promise<Set<string>> {
  const { body } = await call('GET', '/contacts?limit=100')
  return new Set(body.data.map((row: { unit_id: string }) => row.unit_id))
}

describe('a token sees', () => {
  test('the rows of its unit alone', async () => {
    const api = await startApi()
    const call = await api.callAs({ organisationId: 'acme', unitId: 'south' })
    expect(await unitsSeen(call)).toEqual(new Set(['south']))
  })

  test('the rows of all units, when it is for the whole organisation', async () => {
    const api = await startApi()
    const call = await api.callAs({ organisationId: 'acme' })
    expect(await unitsSeen(call)).toEqual(new Set(['north', 'south']))
  })

  test('nothing of an organisation that has no rows', async () => {
    const api = await startApi()
    const call = await api.callAs({ organisationId: 'initech' })
    expect((await call('GET', '/contacts')).body).toEqual({ data: [], next_after: null })
  })
})

describe('a foreign row', () => {
  test.each([
    ['of another organisation', { organisationId: 'globex', unitId: 'main' }],
    ['of another unit', { organisationId: 'acme', unitId: 'south' }],
  ])(
    '%s is unknown: not read, not changed, not deleted, not referred to',
    async (_name, stranger) => {
      const api = await startApi()
      const owner = await api.callAs({ organisationId: 'acme', unitId: 'north' })
      const foreign = await api.callAs(stranger)
      const { body: row } = await owner('POST', '/clients', { name: 'Ours' })
      const path = `/clients/${row.id}`

      expect(await foreign('GET', path)).toMatchObject({ status: 404 })
      expect(await foreign('PATCH', path, { name: 'Theirs' })).toMatchObject({ status: 404 })
      expect(await foreign('DELETE', path)).toMatchObject({ status: 404 })
      expect(await foreign('POST', '/contacts', { name: 'Spy', client_id: row.id })).toMatchObject({
        status: 400,
        body: { error: 'invalid_request' },
      })
      expect((await owner('GET', path)).body).toEqual(row)
    },
  )
})

describe('a new row', () => {
  test('of a token for an organisation goes to the unit that it names, else to the first', async () => {
    const api = await startApi()
    const call = await api.callAs({ organisationId: 'acme' })
    expect(await call('POST', '/clients', { name: 'A', unit_id: 'south' })).toMatchObject({
      status: 201,
      body: { unit_id: 'south' },
    })
    expect(await call('POST', '/clients', { name: 'B' })).toMatchObject({
      status: 201,
      body: { unit_id: 'north' },
    })
  })

  test('cannot be put into a unit of others', async () => {
    const api = await startApi()
    const ofUnit = await api.callAs({ organisationId: 'acme', unitId: 'north' })
    const ofOrganisation = await api.callAs({ organisationId: 'acme' })
    const refused = { status: 400, body: { error: 'invalid_request' } }
    expect(await ofUnit('POST', '/clients', { name: 'A', unit_id: 'south' })).toMatchObject(refused)
    expect(await ofOrganisation('POST', '/clients', { name: 'A', unit_id: 'main' })).toMatchObject(
      refused,
    )
  })

  test('cannot be moved to another unit or owner', async () => {
    const api = await startApi()
    const call = await api.callAs({ organisationId: 'acme' })
    const { body } = await call('POST', '/clients', { name: 'A' })
    for (const change of [{ unit_id: 'south' }, { organisation_id: 'globex' }, { id: 99 }]) {
      expect(await call('PATCH', `/clients/${body.id}`, change)).toMatchObject({ status: 400 })
    }
  })
})

test('a token without organisation is told why it gets nothing', async () => {
  const api = await startApi()
  const call = await api.callAs({ claims: { org_id: undefined } })
  const answer = await call('GET', '/contacts')
  expect(answer).toMatchObject({ status: 403, body: { error: 'access_denied' } })
  expect(answer.body.error_description).toContain('no organisation')
})
