// Another master key than the one that everything is sealed under: noticed before anything is given out or sealed.

import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Sealer } from '../../src/platform/seal.ts'
import { type CliFolder, createCliFolder } from '../support/cli.ts'
import { createDatabase } from '../support/postgres.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { getAnswer, TestApp } from '../support/test-app.ts'
import { MACHINE } from '../support/world.ts'

const MACHINE_REQUEST = { grant_type: 'client_credentials', scope: 'contacts:read' }

describe.each(STORES)('operating 2: a node on %s', (kind) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startTestServer(kind)
  })
  afterEach(() => server?.stop())

  const keysOf = () => server.store.listKeys('main', server.clock.nowSeconds())

  it('with another master key does not join those that run, and changes nothing', async () => {
    await new TestApp(server, MACHINE).token(MACHINE_REQUEST)
    const before = await keysOf()
    await expect(server.startSecondNode({ masterKey: randomBytes(32) })).rejects.toThrow(
      /the master key does not open signing key \S+ of tenant main: start with the master key/,
    )
    expect(await keysOf()).toEqual(before)
  })

  it('is not ready any more when what it signs with was sealed under another', async () => {
    const { store, clock, masterKey } = server
    const ready = async () => (await getAnswer(`${new URL(server.url).origin}/readyz`)).status
    await new TestApp(server, MACHINE).token(MACHINE_REQUEST)
    expect(await ready()).toBe(200)
    // As a node of a former version with another master key would have made them.
    for (const number of [1, 2]) {
      const [current, next] = await keysOf()
      if (!current || !next) throw new Error('the keys are gone')
      const kid = `strange-${number}`
      const sealedPrivateJwk = new Sealer(masterKey).for('another').seal('{}', `main/${kid}`)
      await store.rotateKeys({
        ...{ tenant: 'main', currentKid: current.kid, nowSeconds: clock.nowSeconds() },
        next: { ...next, kid, sealedPrivateJwk },
        previousExpiresAtSeconds: clock.nowSeconds() + 3600,
      })
    }
    clock.advance(1)
    await expect.poll(ready).toBe(503)
    expect((await new TestApp(server, MACHINE).token(MACHINE_REQUEST)).status).toBe(500)
  })
})

describe('operating 2: a command with another master key', () => {
  const RIGHT = { OSTIARY_MASTER_KEY: randomBytes(32).toString('base64') }
  const OTHER = { OSTIARY_MASTER_KEY: randomBytes(32).toString('base64') }
  let cli: CliFolder
  beforeAll(async () => {
    const url = await createDatabase()
    cli = await createCliFolder({
      database: { url },
      tenants: [{ name: 'main', issuer: 'https://127.0.0.1:1' }],
    })
    await cli.run(['migrate'], { env: RIGHT })
    // Whatever runs first makes the keys.
    expect(await cli.run(['key', 'rotate', '--force'], { env: RIGHT })).toMatchObject({
      exitCode: 0,
    })
  })
  afterAll(() => cli.remove())

  const keys = async () => (await cli.json(['key', 'list'], { env: RIGHT })).keys

  it('starts no server: exit code 3, and says what to do', async () => {
    for (const workers of [[], ['--workers', '2']]) {
      const run = await cli.run(['start', ...workers], { env: OTHER })
      expect(run).toMatchObject({
        exitCode: 3,
        stderr: expect.stringMatching(/does not open signing key .*--lost-master-key/),
      })
    }
  })

  it('rotates no key, not even by force', async () => {
    const before = await keys()
    const run = await cli.run(['key', 'rotate', '--force'], { env: OTHER })
    expect(run).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('the master key does not open signing key'),
    })
    expect(await keys()).toEqual(before)
  })

  it('is told so by doctor, which is content with the right one', async () => {
    const wrong = await cli.run(['doctor'], { env: OTHER })
    expect(wrong.stdout).toMatch(
      /WRONG +Sealed keys +the master key does not open[\s\S]*→ start with/,
    )
    expect((await cli.run(['doctor'], { env: RIGHT })).stdout).toMatch(
      /ok +Sealed keys +the master key opens them/,
    )
  })

  it('replaces keys that are lost for good, when told so', async () => {
    const run = await cli.run(['key', 'rotate', '--lost-master-key'], { env: OTHER })
    expect(run).toMatchObject({ exitCode: 0 })
    expect((await cli.run(['doctor'], { env: OTHER })).stdout).toMatch(/ok +Sealed keys/)
    expect((await cli.run(['doctor'], { env: RIGHT })).stdout).toMatch(/WRONG +Sealed keys/)
  })
})
