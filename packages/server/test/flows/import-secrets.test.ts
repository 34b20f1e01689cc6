// What an import may not do with secrets: bring back one that has ended, or give an app more than it may have. All of
// it by the command line, into a server that runs.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addClientSecret, revokeClientSecret } from '../../src/operations/client-secrets.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { importClients } from '../../src/operations/import-clients.ts'
import { sha256 } from '../../src/platform/hash.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { MOST_LIVE_SECRETS } from '../../src/store/limits.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { TENANT } from '../support/world.ts'

const MACHINE = {
  name: 'Export',
  first_party: true,
  scopes: ['contacts:read'],
  grants: ['client_credentials'],
}
const REVOKED = 'was revoked, or its app deleted, and is never taken again: give another'

const hexOf = (text: string) => createHash('sha256').update(text).digest('hex')

describe.each(STORES)('secrets that are imported on %s', (kind) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer(kind)
  })
  afterAll(() => server?.stop())

  const rowOf = (id: string, secret = `${id}-secret-0123456789`) => ({ ...MACHINE, id, secret })

  const take = (row: object, update = false) =>
    importClients(
      [{ line: 1, values: { ...row } }],
      { partial: false, update },
      server.context,
    ).then(
      ({ problems }) => problems,
      (error) => error.problems,
    )

  const secretsOf = async (id: string) =>
    (await server.store.findClient(TENANT, asClientId(id)))?.secrets ?? []

  const statusOf = async ({ id, secret }: { id: string; secret: string }) => {
    const app = new TestApp(server, { id, secret, redirectUri: '' })
    const { status } = await app.token({ grant_type: 'client_credentials', scope: 'contacts:read' })
    return status
  }

  async function revokeAll(clientId: string): Promise<void> {
    for (const { id: secretId } of await secretsOf(clientId)) {
      await revokeClientSecret({ clientId, secretId }, server.context)
    }
  }

  it('imports C1: a secret that was revoked is refused, whatever form the same file has', async () => {
    const row = rowOf('leaky')
    expect(await take(row)).toEqual([])
    expect(await statusOf(row)).toBe(200)
    await revokeAll('leaky')

    expect(await take(row, true)).toMatchObject([{ line: 1, field: 'secret', problem: REVOKED }])
    const { secret, ...rest } = row
    const hashed = { ...rest, secret_hash: sha256(secret) }
    expect(await take(hashed, true)).toMatchObject([{ field: 'secret_hash', problem: REVOKED }])
    expect(await statusOf(row)).toBe(401)
  })

  const deleteApp = (id: string) =>
    server.store.deleteClient({ ...holderEndingNow(server), id: asClientId(id) })

  it('imports C1: an app that was deleted does not come back with the secret that it had', async () => {
    const row = rowOf('deleted')
    await take(row)
    await deleteApp('deleted')
    expect(await take(row)).toMatchObject([{ field: 'secret', problem: REVOKED }])
    expect(await take(rowOf('deleted', 'another-one-0123456789'))).toEqual([])
    expect(await statusOf(row)).toBe(401)
  })

  it('imports C1: a secret that was revoked stays so for the next app with the id', async () => {
    const row = rowOf('namesake')
    await take(row)
    await revokeAll('namesake')
    await deleteApp('namesake')
    expect(await take(row)).toMatchObject([{ field: 'secret', problem: REVOKED }])
    expect(await take(rowOf('namesake', 'another-one-0123456789'))).toEqual([])
    expect(await statusOf(row)).toBe(401)
  })

  it('imports C1: a secret that has expired is refused, and does not come to life', async () => {
    const row = rowOf('expired', 'expired-first-0123456789')
    await take(row)
    const expiresAtSeconds = server.clock.nowSeconds() + 60
    const limited = { clientId: 'expired', name: 'limited', expiresAtSeconds }
    const { secret } = await addClientSecret(limited, server.context)
    server.clock.advance(61)
    expect(await take({ ...row, secret }, true)).toMatchObject([
      { field: 'secret', problem: 'has expired and is never taken again: give another' },
    ])
    expect(await statusOf({ id: 'expired', secret })).toBe(401)
    expect(await take(row, true)).toEqual([])
  })

  it.each([
    ['a blank secret', { secret: ' ' }, 'secret'],
    ['blanks', { secret: ' '.repeat(30) }, 'secret'],
    ['the hash of nothing', { secret_hash: hexOf('') }, 'secret_hash'],
    ['it in capitals', { secret_hash: hexOf('').toUpperCase() }, 'secret_hash'],
    ['it with its algorithm', { secret_hash: `sha256:${hexOf('')}` }, 'secret_hash'],
    ['it in base64url', { secret_hash: `${sha256('')}=` }, 'secret_hash'],
    ['the hash of a blank', { secret_hash: hexOf(' ') }, 'secret_hash'],
  ])(
    'imports C2: %s is no secret, of a new app and of one that is there',
    async (_, given, field) => {
      const problems = [{ field, problem: expect.stringMatching('blank') }]
      expect(await take({ ...MACHINE, id: 'blank', ...given })).toMatchObject(problems)
      await take(rowOf('filled'))
      expect(await take({ id: 'filled', ...given }, true)).toMatchObject(problems)
    },
  )

  it('imports C2: nobody is let in by a blank, whatever hash is stored', async () => {
    await take(rowOf('of-old'))
    const [first] = await secretsOf('of-old')
    if (!first) throw new Error('the app has no secret')
    for (const secret of ['', ' ', '   ']) {
      const blank = { ...first, id: `blank-${secret.length}`, hash: sha256(secret) }
      expect(await server.store.addClientSecret(blank)).toBe('added')
      expect(await statusOf({ id: 'of-old', secret })).toBe(401)
    }
    expect(await statusOf(rowOf('of-old'))).toBe(200)
  })

  it('imports C3: imports at once keep to the bound, and store the same secret once', async () => {
    await take(rowOf('many'))
    await take(rowOf('same'))
    const many = (at: number) => take({ id: 'many', secret: `many-${at}-0123456789abc` }, true)
    const answers = await Promise.all(Array.from({ length: 8 }, (_, at) => many(at)))
    const told = answers.filter((problems) => problems.length > 0)
    expect(told).toHaveLength(8 - (MOST_LIVE_SECRETS - 1))
    expect(new Set(told.flat().map(({ code }) => code))).toEqual(new Set(['too_many']))
    expect(await secretsOf('many')).toHaveLength(MOST_LIVE_SECRETS)

    const second = { id: 'same', secret: 'same-second-0123456789' }
    await Promise.all(Array.from({ length: 8 }, () => take(second, true)))
    const stored = (await secretsOf('same')).filter(({ hash }) => hash === sha256(second.secret))
    expect(stored).toHaveLength(1)
    await revokeClientSecret({ clientId: 'same', secretId: stored[0]?.id ?? '' }, server.context)
    expect(await statusOf(second)).toBe(401)
  })

  it('imports C3: an app that is disabled gets no secret', async () => {
    await take(rowOf('off'))
    await disableClient({ clientId: 'off' }, server.context)
    const add = addClientSecret({ clientId: 'off', name: 'late' }, server.context)
    await expect(add).rejects.toThrow('disabled')
    expect(await secretsOf('off')).toHaveLength(1)
  })
})
