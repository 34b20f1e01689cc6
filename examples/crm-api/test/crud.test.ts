import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RESOURCES } from '../src/resources.ts'
import { startApi } from './support/start-api.ts'

const NEW_ROW = {
  clients: { name: 'Blue Door', city: 'Bremen' },
  contacts: { name: 'Eva', phone: '+49 1' },
  users: { name: 'Cleo', email: 'cleo@company.example' },
  templates: { name: 'Offer', body: 'Dear {{name}}' },
  projects: { name: 'Move', due_on: '2027-02-28', budget_cents: 100 },
}

describe.each(RESOURCES.map(({ name }) => name))('%s', (name) => {
  test('are created, read, changed and deleted', async () => {
    const api = await startApi()
    const call = await api.callAs({ unitId: 'north' })

    const created = await call('POST', `/${name}`, NEW_ROW[name])
    const path = `/${name}/${created.body.id}`
    expect(created).toMatchObject({
      status: 201,
      headers: { location: `/api/v1${path}` },
      body: { ...NEW_ROW[name], unit_id: 'north' },
    })
    expect((await call('GET', path)).body).toEqual(created.body)

    const changed = await call('PATCH', path, { name: 'Changed' })
    expect(changed).toMatchObject({ status: 200, body: { ...NEW_ROW[name], name: 'Changed' } })

    expect(await call('DELETE', path)).toMatchObject({ status: 204, body: undefined })
    expect(await call('GET', path)).toMatchObject({ status: 404, body: { error: 'not_found' } })
    expect(await call('DELETE', path)).toMatchObject({ status: 404 })
    expect(await call('PATCH', path, { name: 'Again' })).toMatchObject({ status: 404 })
  })

  test('are there from the first start', async () => {
    const api = await startApi()
    const call = await api.callAs({ unitId: 'north' })
    expect((await call('GET', `/${name}`)).body.data.length).toBeGreaterThan(0)
  })
})

test('a list comes in pages that hold every row once', async () => {
  const api = await startApi()
  const call = await api.callAs()
  const all = (await call('GET', '/clients?limit=100')).body.data
  const seen = []
  for (let after: number | null = 0; after !== null; ) {
    const { body } = await call('GET', `/clients?limit=2&after=${after}`)
    expect(body.data.length).toBeLessThanOrEqual(2)
    seen.push(...body.data)
    after = body.next_after
  }
  expect(seen).toEqual(all)
})

test('rows outlive a restart, and are not seeded twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'crm-'))
  const databasePath = `${directory}/deep/crm.sqlite`
  const first = await startApi({ databasePath })
  const created = await (await first.callAs())('POST', '/clients', { name: 'Kept' })
  await first.app.close()

  const second = await startApi({ databasePath })
  const { body } = await (await second.callAs())('GET', '/clients?limit=100')

  expect(body.data.at(-1)).toEqual(created.body)
  expect(body.data.filter(({ name }: { name: string }) => name === 'Harbour Bakery')).toHaveLength(
    2,
  )
  await second.app.close()
  await rm(directory, { recursive: true })
})

test('deleting a client leaves its contacts, without the reference', async () => {
  const api = await startApi()
  const call = await api.callAs({ unitId: 'north' })
  const client = await call('POST', '/clients', { name: 'Short lived' })
  const contact = await call('POST', '/contacts', { name: 'Eva', client_id: client.body.id })
  await call('DELETE', `/clients/${client.body.id}`)
  expect(await call('GET', `/contacts/${contact.body.id}`)).toMatchObject({
    status: 200,
    body: { name: 'Eva', client_id: null },
  })
})
