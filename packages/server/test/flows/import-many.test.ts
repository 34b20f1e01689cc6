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
import { JOURNEY } from '../support/journey.ts'
import {
  STORES,
  type StoreKind,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { RESOURCE_SERVERS, TENANT } from '../support/world.ts'

/** Ten times as many may take three times as long each: what grows with the square takes ten times as long. */
const TIMES = 10
const MOST_TIMES_AS_LONG = 3 * TIMES

/** A file may hold 50,000, and some come later. */
const FULL_FILE = 49_990

describe.each(STORES)('importing 5,000 apps on %s', (kind) => importAll(kind, 5000))
describe('importing as many apps as a file may hold on sqlite', JOURNEY, () =>
  importAll('sqlite', FULL_FILE),
)
describe('importing 10,000 apps on postgres', JOURNEY, () => importAll('postgres', 10_000))

function importAll(kind: StoreKind, many: number): void {
  const few = many / TIMES
  let server: TestServer
  let cli: CliFolder

  beforeAll(async () => {
    server = await startTestServer(kind)
    cli = await createFolderFor(server)
  })
  afterAll(async () => {
    await cli?.remove()
    await server?.stop()
  })

  const write = (file: string, apps: readonly object[]) =>
    writeFile(join(cli.path, file), apps.map((app) => JSON.stringify(app)).join('\n'))
  const take = (file: string, ...flags: string[]) => cli.json(['import', 'clients', file, ...flags])
  const secondsOf = async (act: () => Promise<unknown>) => {
    const start = performance.now()
    await act()
    return performance.now() - start
  }

  it('takes ten times as long as importing a tenth of them, about', async () => {
    await write('few.jsonl', appsOf('few', few, 'Few'))
    await write('many.jsonl', appsOf('many', many, 'Many'))
    const yardstick = await secondsOf(() => take('few.jsonl'))
    const taken = await secondsOf(async () =>
      expect(await take('many.jsonl')).toMatchObject({ imported: many }),
    )
    expect(taken / yardstick).toBeLessThan(MOST_TIMES_AS_LONG)
    expect(await take('many.jsonl', '--update')).toMatchObject({ imported: 0, unchanged: many })
  })

  it('once more ends right after one that was killed in the middle', async () => {
    const NAME = 'Many, renamed'
    await write('next.jsonl', [...appsOf('many', many, NAME), ...appsOf('late', 5, 'Late')])
    const first = cli.spawn(['import', 'clients', 'next.jsonl', '--update'])
    const exit = once(first, 'exit')
    const nameOf = async (id: string) =>
      (await server.store.findClient(TENANT, asClientId(id)))?.client.name
    while ((await nameOf(`many-0`)) !== NAME && first.exitCode === null) await pause(5)
    first.kill('SIGKILL')
    expect((await exit)[1]).toBe('SIGKILL')

    const report = await take('next.jsonl', '--update')
    expect(report).toMatchObject({ imported: 0, problems: [], records: many + 5 })
    expect(report.unchanged).toBeGreaterThan(0)
    expect(report.changed).toBeGreaterThan(0)
    const names = await countNames(server)
    expect([names.get(NAME), names.get('Many'), names.get('Late')]).toEqual([many, undefined, 5])
  })
}

function createFolderFor({ database, masterKey }: TestServer): Promise<CliFolder> {
  const place = database.kind === 'sqlite' ? { path: database.path } : { url: database.url }
  const tenant = { name: TENANT, issuer: 'https://login.example' }
  return createCliFolder({
    database: place,
    masterKey: masterKey.toString('base64'),
    tenants: [{ ...tenant, resourceServers: RESOURCE_SERVERS }],
  })
}

function appsOf(prefix: string, count: number, name: string): readonly object[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `${prefix}-${at}`
    const secret = `the secret of ${id}`
    return { id, name, secret, redirect_uris: [`https://${id}.example/cb`] }
  })
}

async function countNames({ store }: TestServer): Promise<ReadonlyMap<string, number>> {
  const names = new Map<string, number>()
  for await (const { name } of walk((page) => store.listClients(TENANT, page))) {
    names.set(name, (names.get(name) ?? 0) + 1)
  }
  return names
}
