import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { sha256 } from '../platform/hash.ts'
import { addClientSecret, revokeClientSecret } from './client-secrets.ts'
import { createClient, showClient } from './clients.ts'

let context: TestContext
let clientId: string
beforeEach(async () => {
  context = await createTestContext()
  clientId = (await createClient({ name: 'Export', type: 'confidential' }, context)).client.id
})
afterEach(() => context.store.close())

const names = async () =>
  (await showClient({ clientId }, context)).secrets.map(({ name }) => name).sort()

it('adds a secret beside the first one, so that the app can change over', async () => {
  const { secret, record } = await addClientSecret({ clientId, name: ' 2027 ' }, context)
  expect(record.hash).toBe(sha256(secret))
  expect(await names()).toEqual(['2027', 'first'])
  expect((await auditTrail(context))[0]).toBe(`test client_secret.added client:${clientId}`)
})

it('revokes one and leaves the others', async () => {
  const { record } = await addClientSecret({ clientId, name: 'second' }, context)
  await revokeClientSecret({ clientId, secretId: record.id }, context)
  expect(await names()).toEqual(['first'])
  expect((await auditTrail(context))[0]).toBe(`test client_secret.revoked client:${clientId}`)
})

it('refuses to revoke one that is not there', async () => {
  expect(await problemsOf(revokeClientSecret({ clientId, secretId: 'x' }, context))).toEqual([
    { field: 'secret', problem: '"x" does not exist for this app' },
  ])
})

it('refuses an expiry in the past and a name that is taken, both at once', async () => {
  const expiresAtSeconds = context.clock.nowSeconds()
  const input = { clientId, name: 'first', expiresAtSeconds }
  expect(await problemsOf(addClientSecret(input, context))).toMatchObject([
    { field: 'name' },
    { field: 'expiresAtSeconds', problem: 'is in the past' },
  ])
})

it('holds five living secrets at most; expired ones do not count', async () => {
  const expiresAtSeconds = context.clock.nowSeconds() + 60
  for (const name of ['2', '3', '4', '5']) {
    await addClientSecret({ clientId, name, expiresAtSeconds }, context)
  }
  const sixth = () => addClientSecret({ clientId, name: '6' }, context)
  expect(await problemsOf(sixth())).toMatchObject([
    { problem: 'has 5 secrets already: revoke one that is no longer used' },
  ])
  context.clock.advance(61)
  expect(await problemsOf(sixth())).toEqual([])
})

it('refuses a secret for a public app', async () => {
  const input = {
    name: 'Browser',
    type: 'public',
    redirectUris: ['https://spa.example/cb'],
  } as const
  const { client } = await createClient(input, context)
  expect(await problemsOf(addClientSecret({ clientId: client.id, name: 'x' }, context))).toEqual([
    { field: 'client', problem: 'is public: it cannot keep a secret' },
  ])
})
