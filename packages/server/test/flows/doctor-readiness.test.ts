// What a server of this machine says of itself when `ostiary doctor` asks at its management port.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createCliFolder } from '../support/cli.ts'
import { findFreePort } from '../support/free-port.ts'
import { createDatabase } from '../support/postgres.ts'

it('doctor tells what /readyz says: well, unavailable, nobody, somebody else', async () => {
  const [port, managementPort] = [await findFreePort(), await findFreePort()]
  const issuer = `http://localhost:${port}`
  const cli = await createCliFolder({
    ...{ server: { port, drainSeconds: 0 }, management: { port: managementPort } },
    ...{ allow: ['http-issuer'], tenants: [{ name: 'acme', issuer }] },
  })
  onTestFinished(() => cli.remove())
  const readiness = async () => {
    const { checks } = await cli.json(['doctor'])
    const found = (checks as { subject: string }[]).filter((each) => each.subject === 'Readiness')
    expect(found).toHaveLength(1)
    return found[0]
  }
  const url = `http://127.0.0.1:${managementPort}/readyz`
  expect(await readiness()).toMatchObject({
    ok: true,
    detail: expect.stringContaining('no server'),
  })

  const server = cli.spawn(['start'])
  const ended = once(server, 'exit')
  onTestFinished(() => void server.kill('SIGKILL'))
  server.stdout?.resume()
  const answer = () =>
    fetch(url).then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(answer, { timeout: 20_000 }).toBe(200)
  expect(await readiness()).toMatchObject({ ok: true, detail: `${url} says 200 ok` })

  const database = join(cli.path, 'data', 'ostiary.db')
  renameSync(database, `${database}-away`)
  await expect.poll(answer).toBe(503)
  expect(await readiness()).toMatchObject({
    ...{ ok: false, detail: `${url} says 503 unavailable` },
    fix: expect.stringContaining('"not ready"'),
  })
  renameSync(`${database}-away`, database)
  server.kill('SIGTERM')
  await ended

  const other = createServer((_request, response) => void response.writeHead(404).end('hello'))
  await once(other.listen(managementPort, '127.0.0.1'), 'listening')
  onTestFinished(() => void other.close())
  expect(await readiness()).toMatchObject({
    ...{ ok: false, detail: expect.stringContaining('says 404 and nothing that Ostiary') },
    fix: expect.stringContaining('management.port'),
  })
})

it('doctor tells whether PostgreSQL tells servers of revocations, or they look for them', async () => {
  const url = await createDatabase()
  const cli = await createCliFolder({
    database: { url },
    tenants: [{ name: 'acme', issuer: 'https://127.0.0.1:1' }],
  })
  onTestFinished(() => cli.remove())
  const env = { OSTIARY_MASTER_KEY: randomBytes(32).toString('base64') }
  await cli.run(['migrate'], { env })
  const finding = async (more: Record<string, string> = {}) => {
    const { checks } = await cli.json(['doctor'], { env: { ...env, ...more } })
    return (checks as { subject: string }[]).find(({ subject }) => subject === 'Revocations')
  }
  expect(await finding()).toMatchObject({ ok: true, detail: expect.stringMatching(/^PostgreSQL/) })
  // Nothing that is told in one database arrives in another, as behind a pooler.
  const elsewhere = { OSTIARY_DATABASE_LISTEN_URL: await createDatabase() }
  expect(await finding(elsewhere)).toMatchObject({
    ...{ ok: true, detail: expect.stringContaining('look ten times a second') },
  })
})
