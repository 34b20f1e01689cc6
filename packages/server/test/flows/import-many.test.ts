// All apps of a product at once: an import takes time in proportion to them, and one that is killed is finished by a
// second one.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import { walk } from '../../src/store/walk.ts'
import { type CliFolder, createCliFolder } from '../support/cli.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { RESOURCE_SERVERS, TENANT } from '../support/world.ts'

const MANY = 10_000
const FEW = MANY / 10

describe.each(STORES)('importing 10,000 apps on %s', (kind) => {
  let server: TestServer
  let cli: CliFolder

  beforeAll(async () => {
    server = await startTestServer(kind)
    const { database, masterKey } = server
    const place = database.kind === 'sqlite' ? { path: database.path } : { url: database.url }
    const tenant = { name: TENANT, issuer: 'https://login.example' }
    cli = await createCliFolder({
      database: place,
      masterKey: masterKey.toString('base64'),
      tenants: [{ ...tenant, resourceServers: RESOURCE_SERVERS }],
    })
  })
  afterAll(async () => {
    await cli?.remove()
    await server?.stop()
  })

  const appOf = (id: string, name: string) => ({
    ...{ id, name, secret: `the secret of ${id}` },
    redirect_uris: [`https://${id}.example/cb`],
  })
  const write = (file: string, apps: readonly object[]) =>
    writeFile(join(cli.path, file), apps.map((app) => JSON.stringify(app)).join('\n'))
  const appsOf = (prefix: string, count: number, name: string) =>
    Array.from({ length: count }, (_, at) => appOf(`${prefix}-${at}`, name))
  const take = (file: string, ...flags: string[]) => cli.json(['import', 'clients', file, ...flags])
  const secondsOf = async (act: () => Promise<unknown>) => {
    const start = performance.now()
    await act()
    return performance.now() - start
  }

  it('takes ten times as long as importing a thousand, about', async () => {
    await write('few.jsonl', appsOf('few', FEW, 'Few'))
    await write('many.jsonl', appsOf('many', MANY, 'Many'))
    const few = await secondsOf(() => take('few.jsonl'))
    const many = await secondsOf(() => take('many.jsonl'))
    expect(many / few).toBeLessThan(30)
    expect(await take('many.jsonl', '--update')).toMatchObject({ imported: 0, unchanged: MANY })
  })

  it('once more ends right after one that was killed in the middle', async () => {
    const NAME = 'Many, renamed'
    await write('next.jsonl', [...appsOf('many', MANY, NAME), ...appsOf('late', 5, 'Late')])
    const first = cli.spawn(['import', 'clients', 'next.jsonl', '--update'])
    const exit = once(first, 'exit')
    const nameOf = async (id: string) =>
      (await server.store.findClient(TENANT, asClientId(id)))?.client.name
    while ((await nameOf(`many-${FEW}`)) !== NAME && first.exitCode === null) await pause(5)
    first.kill('SIGKILL')
    expect((await exit)[1]).toBe('SIGKILL')

    const report = await take('next.jsonl', '--update')
    expect(report).toMatchObject({ imported: 0, problems: [], records: MANY + 5 })
    expect(report.unchanged).toBeGreaterThan(FEW)
    expect(report.changed).toBeGreaterThan(0)
    const names = new Map<string, number>()
    for await (const { name } of walk((page) => server.store.listClients(TENANT, page))) {
      names.set(name, (names.get(name) ?? 0) + 1)
    }
    expect(names.get(NAME)).toBe(MANY)
    expect(names.get('Many')).toBeUndefined()
    expect(names.get('Late')).toBe(5)
  })
})
