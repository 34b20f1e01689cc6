// A backup of a running server, what goes on after it, and the restore: with the real commands and servers. What
// introspection or an API had once refused stays refused.

import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createGuard, type Guard } from '@ostiary/resource'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { holdCopy } from '../../src/cli/feed/hold-copy.ts'
import { type Backups, type CommandRun, createBackups } from '../support/backups.ts'
import { journeyIf } from '../support/journey.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { STORES, type StoreKind } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { readSteps } from '../support/walkthrough/steps.ts'
import { API, API_SERVER, OTHER_APP, SPA, STABLE_APP, WEB_APP } from '../support/world.ts'

const PATIENTLY = { timeout: 30_000 }
/** On a machine that is busy with other tests, nothing is refused for that. */
const PATIENT_SERVER = { maxEventLoopLagMilliseconds: 60_000, requestDeadlineMilliseconds: 30_000 }
const ROOT = new URL('../../../../', import.meta.url)

/** A deployment with a way to put its database back to where it was. */
interface Place extends Backups {
  readonly deployment: Deployment
}

async function createPlace(kind: StoreKind): Promise<Place> {
  const url = kind === 'postgres' ? await createDatabase() : undefined
  const deployment = await createDeployment(url === undefined ? 'sqlite' : { url }, {
    server: PATIENT_SERVER,
  })
  return { deployment, ...createBackups(deployment, url) }
}

describe.each(STORES)('security M5, operating 3: on %s', (kind) => {
  // Each starts a dozen processes. The first of them shows what is different on PostgreSQL.
  const isFurther = kind === 'postgres'
  let place: Place
  let server: ServerProcess | undefined
  let guard: Guard
  let webApp: TestApp
  let otherApp: TestApp
  let stableApp: TestApp

  beforeEach(async () => {
    place = await createPlace(kind)
    const { deployment } = place
    server = await startProcess(deployment)
    guard = createGuard({ issuer: deployment.issuer, audience: API })
    webApp = new TestApp(deployment, WEB_APP)
    otherApp = new TestApp(deployment, OTHER_APP)
    stableApp = new TestApp(deployment, STABLE_APP)
  })
  afterEach(async () => {
    await guard?.close()
    await server?.kill()
    await place?.deployment.remove()
  })

  async function stop() {
    await server?.stop()
    server = undefined
  }
  async function start() {
    server = await startProcess(place.deployment)
  }

  const follow = () =>
    place.run('feed', 'follow', 'copy.jsonl', '--issuer', place.deployment.issuer, '--once')

  async function backUp() {
    if (kind === 'postgres') await stop()
    await place.backUp()
    if (kind === 'postgres') await start()
  }

  async function restore(...options: string[]): Promise<CommandRun> {
    const args = await place.putBack()
    return place.run('restore', ...args, ...options)
  }

  /** Whether an access token is good for an API that follows the feed, and by introspection. */
  async function isGood(token: string) {
    await guard.catchUp()
    const verdict = await guard.authorize({ authorization: `Bearer ${token}` }, {}, undefined)
    const api = new TestApp(place.deployment, API_SERVER)
    return { api: verdict.ok, introspection: (await api.introspect(token)).body.active }
  }

  const BAD = { api: false, introspection: false }
  const GOOD = { api: true, introspection: true }

  /** What there is before the backup, and what becomes of it after. */
  async function live() {
    const before = {
      kept: await webApp.obtainTokens(),
      revoked: await webApp.obtainTokens(),
      ofEve: await webApp.obtainTokens({ user: 'eve' }),
      ofOtherApp: await otherApp.obtainTokens(),
      spent: await webApp.obtainTokens(),
      spentByPublic: await new TestApp(place.deployment, SPA).obtainTokens(),
      stable: await stableApp.obtainTokens(),
      stableRevoked: await stableApp.obtainTokens(),
    }
    for (const { access_token } of Object.values(before)) {
      expect(await isGood(access_token)).toEqual(GOOD)
    }
    expect((await follow()).exitCode).toBe(0)
    await backUp()
    const after = { revoked: await webApp.obtainTokens(), kept: await webApp.obtainTokens() }
    await webApp.revoke(before.revoked.refresh_token)
    await webApp.revoke(after.revoked.refresh_token)
    await stableApp.revoke(before.stableRevoked.refresh_token)
    for (const [app, tokens] of spendings(before)) expect(await refreshes(app, tokens)).toBe(true)
    expect((await place.run('user', 'disable', 'eve')).exitCode).toBe(0)
    expect((await place.run('client', 'disable', OTHER_APP.id)).exitCode).toBe(0)
    const ended = [before.revoked, before.ofEve, before.ofOtherApp, after.revoked]
    for (const { access_token } of ended) expect(await isGood(access_token)).toEqual(BAD)
    expect((await follow()).exitCode).toBe(0)
    await stop()
    return { before, after }
  }

  type Tokens = Awaited<ReturnType<TestApp['obtainTokens']>>

  const spendings = (before: { spent: Tokens; spentByPublic: Tokens }) =>
    [
      [webApp, before.spent],
      [new TestApp(place.deployment, SPA), before.spentByPublic],
    ] as const

  async function expectAllVoid({ before, after }: Awaited<ReturnType<typeof live>>) {
    for (const { access_token } of [...Object.values(before), ...Object.values(after)]) {
      expect(await isGood(access_token)).toEqual(BAD)
    }
  }

  const refreshes = async (app: TestApp, tokens: { refresh_token: string }) =>
    (await app.refresh(tokens.refresh_token)).status === 200

  it('with a copy of the feed, what was ended after the backup stays ended, and the rest goes on', async () => {
    const tokens = await live()
    const sequence = guard.status().feed.sequence
    const restored = await restore('--feed', 'copy.jsonl')
    expect(restored.text).toContain('these users')
    expect(restored).toMatchObject({ exitCode: 0 })
    await start()
    await expectAllVoid(tokens)
    expect(await refreshes(webApp, tokens.before.revoked)).toBe(false)
    expect(await refreshes(webApp, tokens.before.ofEve)).toBe(false)
    expect(await refreshes(otherApp, tokens.before.ofOtherApp)).toBe(false)
    expect(await refreshes(webApp, tokens.after.kept)).toBe(false)
    expect(await refreshes(stableApp, tokens.before.stableRevoked)).toBe(false)
    // Nothing tells which of those that are replaced at each use were used.
    for (const [app, spent] of spendings(tokens.before)) {
      expect(await refreshes(app, spent)).toBe(false)
    }
    expect(await refreshes(webApp, tokens.before.kept)).toBe(false)

    const renewed = await stableApp.refresh(tokens.before.stable.refresh_token)
    expect(renewed.status).toBe(200)
    expect(await isGood(renewed.body.access_token)).toEqual(GOOD)
    // What is revoked from now on reaches an API that had read further than the backup.
    await stableApp.revoke(renewed.body.refresh_token)
    expect(await isGood(renewed.body.access_token)).toEqual(BAD)
    expect(guard.status().feed.sequence).toBeGreaterThan(sequence)
  })

  it(
    'with --end-all-grants, everybody has to allow everything again',
    journeyIf(isFurther),
    async () => {
      const tokens = await live()
      await rm(join(place.deployment.folder, 'copy.jsonl'))
      expect(await restore('--end-all-grants')).toMatchObject({ exitCode: 0 })
      await start()
      await expectAllVoid(tokens)
      for (const each of [tokens.before.kept, tokens.before.revoked, tokens.before.ofEve]) {
        expect(await refreshes(webApp, each)).toBe(false)
      }
      for (const [app, spent] of spendings(tokens.before)) {
        expect(await refreshes(app, spent)).toBe(false)
      }
      expect(await refreshes(stableApp, tokens.before.stable)).toBe(false)
      expect(await refreshes(otherApp, tokens.before.ofOtherApp)).toBe(false)
      expect(await isGood((await webApp.obtainTokens()).access_token)).toEqual(GOOD)
    },
  )

  it(
    'without a copy of the feed, asks how to go on, and changes nothing',
    journeyIf(isFurther),
    async () => {
      await webApp.obtainTokens()
      await backUp()
      const { refresh_token } = await webApp.obtainTokens()
      await stop()
      const refused = kind === 'sqlite' ? await restore() : await place.run('restore')
      expect(refused.exitCode).toBe(2)
      for (const choice of ['--feed', '--end-all-grants', '--accept-lost-revocations']) {
        expect(refused.text).toContain(choice)
      }
      await start()
      expect((await webApp.refresh(refresh_token)).status).toBe(200)
    },
  )

  it(
    'names the minutes of which revocations are lost, when that is accepted',
    journeyIf(isFurther),
    async () => {
      const { refresh_token } = await webApp.obtainTokens()
      await backUp()
      await webApp.revoke(refresh_token)
      await stop()
      const restored = await restore('--accept-lost-revocations')
      expect(restored.exitCode).toBe(0)
      expect(restored.text).toMatch(/lost, as you accepted: .* UTC \(\d+ minutes?\) is good again/)
      await start()
      expect((await webApp.refresh(refresh_token)).status).toBe(200)
    },
  )

  it(
    'with both, what was revoked stays ended, and what was spent is good again, as it says',
    journeyIf(isFurther),
    async () => {
      const tokens = await live()
      const restored = await restore('--feed', 'copy.jsonl', '--accept-lost-revocations')
      expect(restored.exitCode).toBe(0)
      expect(restored.text).toMatch(
        /refresh tokens that were spent .* UTC \(\d+ minutes?\) are good/,
      )
      expect(restored.text).not.toContain('what was revoked between')
      await start()
      await expectAllVoid(tokens)
      expect(await refreshes(webApp, tokens.before.revoked)).toBe(false)
      expect(await refreshes(stableApp, tokens.before.stableRevoked)).toBe(false)
      for (const [app, spent] of spendings(tokens.before)) {
        expect(await refreshes(app, spent)).toBe(true)
      }
      expect(await refreshes(stableApp, tokens.before.stable)).toBe(true)
    },
  )

  it('refuses while a server runs', journeyIf(isFurther), async () => {
    await backUp()
    const args = kind === 'sqlite' ? ['backup.db'] : []
    const refused = await place.run('restore', ...args, '--end-all-grants')
    expect(refused).toMatchObject({ exitCode: 1, text: expect.stringContaining('in use') })
    expect((await webApp.obtainTokens()).access_token).toBeTruthy()
  })
})

test('a copy of the feed has one follower: a second one is refused, and touches nothing', async () => {
  const place = await createPlace('sqlite')
  const { folder, issuer } = place.deployment
  const follow = () => place.run('feed', 'follow', 'copy.jsonl', '--issuer', issuer, '--once')
  const half = '{"epoch":"being writ'
  await writeFile(join(folder, 'copy.jsonl'), half)
  try {
    const release = await holdCopy(join(folder, 'copy.jsonl'))
    const text = expect.stringContaining('is followed already')
    expect(await follow()).toMatchObject({ exitCode: 1, text })
    expect(await readFile(join(folder, 'copy.jsonl'), 'utf8')).toBe(half)
    release()
    // Gets as far as to the issuer, which is not there.
    const unread = expect.stringContaining('the feed cannot be read')
    expect(await follow()).toMatchObject({ exitCode: 1, text: unread })
  } finally {
    await place.deployment.remove()
  }
})

test('a follower says when, and that the feed has begun anew after a restore', async () => {
  const place = await createPlace('sqlite')
  const { issuer } = place.deployment
  const follow = () => place.run('feed', 'follow', 'copy.jsonl', '--issuer', issuer, '--once')
  let server = await startProcess(place.deployment)
  try {
    expect((await follow()).text).not.toContain('anew')
    await place.backUp()
    await server.stop()
    expect((await place.run('restore', 'backup.db', '--end-all-grants')).exitCode).toBe(0)
    server = await startProcess(place.deployment)
    expect((await follow()).text).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z the feed of \S+ has begun anew, with epoch \S+: .*restored/m,
    )
    expect((await follow()).text).not.toContain('anew')
  } finally {
    await server.kill()
    await place.deployment.remove()
  }
})

test('contracts: revoked means now: a follower is told of what ends, and need not ask often for it', async () => {
  const place = await createPlace('sqlite')
  const { issuer, folder } = place.deployment
  const log = join(folder, 'server.log')
  const options = { log, env: { OSTIARY_LOG_LEVEL: 'debug' } }
  const server = await startProcess(place.deployment, undefined, options)
  // Asked so seldom, an issuer that told nothing by itself would not be heard of within the time of this test.
  const never = ['--every', '86400']
  const follower = place.start('feed', 'follow', 'copy.jsonl', '--issuer', issuer, ...never)
  try {
    const copied = async () =>
      (await readFile(join(folder, 'copy.jsonl'), 'utf8')).split('"kind"').length - 1
    await expect.poll(() => copied().catch(() => -1), PATIENTLY).toBe(0)
    const app = new TestApp(place.deployment, WEB_APP)
    for (const lines of [1, 2, 3]) {
      const { refresh_token } = await app.obtainTokens()
      await app.revoke(refresh_token)
      await expect.poll(copied, PATIENTLY).toBe(lines)
    }
    const asked = (await readFile(log, 'utf8')).split('"route":"/revocations"').length - 1
    expect(asked).toBeGreaterThan(3)
    expect(asked).toBeLessThan(12)
  } finally {
    follower.kill('SIGTERM')
    await server.kill()
    await place.deployment.remove()
  }
})

describe('operating 7: a backup of SQLite', () => {
  it('is whole while the server runs, for its owner only, and never written over', async () => {
    const place = await createPlace('sqlite')
    const server = await startProcess(place.deployment)
    try {
      await new TestApp(place.deployment, WEB_APP).obtainTokens()
      const { exitCode, text } = await place.run('backup', 'backup.db')
      expect(exitCode).toBe(0)
      expect(text).toContain('master key')
      const { mode, size } = await stat(join(place.deployment.folder, 'backup.db'))
      expect(mode & 0o777).toBe(0o600)
      expect(size).toBeGreaterThan(100_000)
      expect(await place.run('backup', 'backup.db')).toMatchObject({
        exitCode: 2,
        text: expect.stringContaining('exists already'),
      })
      expect(await place.run('backup', 'nowhere/backup.db')).toMatchObject({
        exitCode: 2,
        text: expect.stringContaining('there is no folder'),
      })
    } finally {
      await server.kill()
      await place.deployment.remove()
    }
  })

  it('is restored in the rehearsal that the guide describes', async () => {
    const guide = await readFile(new URL('docs/guides/backup-and-restore.md', ROOT), 'utf8')
    const [, rehearsal = ''] = guide.split('## A rehearsal')
    const commands = readSteps(rehearsal).flatMap(({ command }) => command.trim().split('\n'))
    expect(commands).toHaveLength(4)
    const place = await createPlace('sqlite')
    const server = await startProcess(place.deployment)
    try {
      for (const command of commands) {
        const words = command.replace('https://id.example.com', place.deployment.issuer).split(' ')
        expect(words.slice(0, 2)).toEqual(['npx', 'ostiary'])
        if (words[2] === 'restore') await server.stop()
        expect(await place.run(...words.slice(2)), command).toMatchObject({ exitCode: 0 })
      }
    } finally {
      await server.kill()
      await place.deployment.remove()
    }
  })

  it('security M5: is not restored under another master key, since the next keys would be made under it', async () => {
    const place = await createPlace('sqlite')
    const { folder } = place.deployment
    const server = await startProcess(place.deployment)
    try {
      await new TestApp(place.deployment, WEB_APP).obtainTokens()
      await place.backUp()
      await server.stop()
      const file = join(folder, 'ostiary.config.yaml')
      const good = await readFile(file, 'utf8')
      const masterKey = /(?<=masterKey"?: ?"?)[^",\s]+/
      await writeFile(file, good.replace(masterKey, randomBytes(32).toString('base64')))
      const restore = () => place.run('restore', 'backup.db', '--end-all-grants')
      expect(await restore()).toMatchObject({
        exitCode: 3,
        text: expect.stringContaining('the master key does not open signing key'),
      })
      await writeFile(file, good)
      expect((await restore()).exitCode).toBe(0)
    } finally {
      await server.kill()
      await place.deployment.remove()
    }
  })

  it('leaves the database that was there beside the restored one, and nothing half-done', async () => {
    const place = await createPlace('sqlite')
    const { folder } = place.deployment
    try {
      await place.backUp()
      expect(
        (await place.run('restore', 'ostiary.config.yaml', '--end-all-grants')).text,
      ).toContain('cannot copy')
      expect((await place.run('restore', 'backup.db', '--end-all-grants')).exitCode).toBe(0)
      const files = (await readdir(folder)).filter((name) => name.startsWith('ostiary.db'))
      expect(files.toSorted()).toEqual([
        'ostiary.db',
        expect.stringMatching(/^ostiary\.db\.before-\d{8}T\d{6}Z$/),
      ])
    } finally {
      await place.deployment.remove()
    }
  })
})
