// A server as a process: what it refuses to start with, and how it ends.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliFolder, createCliFolder, firstLine } from '../support/cli.ts'
import { findFreePort } from '../support/free-port.ts'
import { sendRequest } from '../support/http-request.ts'
import { createDatabase } from '../support/postgres.ts'

let cli: CliFolder
let port: number
beforeAll(async () => {
  port = await findFreePort()
  cli = await createCliFolder({
    server: { host: 'localhost', port, drainSeconds: 0 },
    tenants: [{ name: 'main', issuer: `http://localhost:${port}` }],
  })
})
afterAll(() => cli.remove())

const ALLOW = { OSTIARY_ALLOW: 'http-issuer' }

async function startServer(env: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
  const server = cli.spawn(['start', '--json'], { ...ALLOW, ...env })
  expect(JSON.parse(await firstLine(server))).toMatchObject({
    url: expect.stringMatching(`:${port}$`),
    issuers: [`http://localhost:${port}`],
  })
  return server
}

async function exitCodeOf(server: ChildProcess): Promise<number | null> {
  if (server.exitCode === null) await once(server, 'exit')
  return server.exitCode
}

/** A request whose last byte is still to come. */
async function halfRequest(): Promise<Socket> {
  const socket = connect(port, 'localhost')
  const head = ['POST /token HTTP/1.1', `Host: localhost:${port}`, 'Content-Length: 2']
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const { promise: written, resolve } = Promise.withResolvers<void>()
  socket.write(`${[...head, type].join('\r\n')}\r\n\r\na`, () => resolve())
  await written
  // Whatever was on its way before this request has reached the server when it is answered.
  await fetch(`http://localhost:${port}/livez`, { headers: { connection: 'close' } })
  return socket
}

describe('ostiary start', () => {
  it('refuses an issuer without TLS and names the flag that allows it', async () => {
    const run = await cli.run(['start'])
    expect(run).toMatchObject({ exitCode: 3, stdout: '' })
    expect(run.stderr).toContain('--allow http-issuer')
  })

  it('says what to do when the port is taken', async () => {
    const server = await startServer()
    const run = await cli.run(['start', '--allow', 'http-issuer'])
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--port') })
    server.kill('SIGTERM')
    expect(await exitCodeOf(server)).toBe(0)
  })

  it('says why a worker does not start, and with --json in one object', async () => {
    const taken = createServer().listen(port, 'localhost')
    await once(taken, 'listening')
    const run = await cli.run(['start', '--workers', '2', '--json'], { env: ALLOW })
    taken.close()
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--port') })
    expect(JSON.parse(run.stdout)).toMatchObject({
      error: { message: expect.stringContaining('a worker did not start (exit code 1)') },
    })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'R12: on %s it takes no more, finishes what is in flight, and exits with 0',
    async (signal) => {
      const server = await startServer()
      const request = await halfRequest()
      server.kill(signal)
      await refusesConnections()
      const answer = text(request)
      request.write('=')
      expect(await answer).toMatch(/^HTTP\/1\.1 40[01] [\s\S]*"error":"invalid_/)
      expect(await exitCodeOf(server)).toBe(0)
    },
  )

  it('R12: on SIGTERM it lets its proxy notice first: not ready, but answering', async () => {
    const server = await startServer({ OSTIARY_SERVER_DRAIN_SECONDS: '2' })
    const get = async (path: string) => {
      const asksToKeep = { headers: { connection: 'keep-alive' } }
      const { status, headers } = await sendRequest(`http://localhost:${port}${path}`, asksToKeep)
      return [status, headers.connection]
    }
    expect(await get('/readyz')).toEqual([200, 'keep-alive'])
    server.kill('SIGTERM')
    await expect.poll(() => get('/readyz'), { interval: 20 }).toEqual([503, 'close'])
    expect(await get('/livez')).toEqual([200, 'close'])
    expect(await get('/jwks')).toEqual([200, 'close'])
    expect(await exitCodeOf(server)).toBe(0)
  })

  it('exits with 1 at the second signal', async () => {
    const server = await startServer()
    const request = await halfRequest()
    request.on('error', () => undefined)
    server.kill('SIGTERM')
    await refusesConnections()
    server.kill('SIGTERM')
    expect(await exitCodeOf(server)).toBe(1)
  })

  it('exits with 1 when a request takes longer than it may, and says what to raise', async () => {
    const env = { ...ALLOW, OSTIARY_SERVER_SHUTDOWN_SECONDS: '1' }
    const server = cli.spawn(['start', '--log-level', 'info'], env)
    const errors = server.stderr ? text(server.stderr) : ''
    await firstLine(server)
    const request = await halfRequest()
    request.on('error', () => undefined)
    server.kill('SIGTERM')
    expect(await exitCodeOf(server)).toBe(1)
    expect(await errors).toMatch(/still running 1 seconds .* raise server\.shutdownSeconds/)
  })

  it('logs to standard output, one JSON object per line', async () => {
    const server = cli.spawn(['start'], ALLOW)
    const line = JSON.parse(await firstLine(server))
    expect(line).toMatchObject({ level: 'info', time: expect.stringContaining('T') })
    server.kill('SIGTERM')
    expect(await exitCodeOf(server)).toBe(0)
  })
})

describe('a PostgreSQL database', () => {
  it('is migrated by `ostiary migrate`, not by chance when a server starts', async () => {
    const env = {
      ...ALLOW,
      OSTIARY_DATABASE_URL: await createDatabase(),
      OSTIARY_MASTER_KEY: 'q2mZ0oT7cJ9v4bXh1uRkWyLsEeNfPaGd8iQt5wVz3Ho=',
    }
    const early = await cli.run(['start'], { env })
    expect(early).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('ostiary migrate') })
    const { applied } = await cli.json(['migrate'], { env })
    expect(applied).not.toEqual([])
    const server = await startServer(env)
    server.kill('SIGTERM')
    expect(await exitCodeOf(server)).toBe(0)
  })
})

async function refusesConnections(): Promise<void> {
  for (;;) {
    const answered = await fetch(`http://localhost:${port}/livez`).then(
      () => true,
      () => false,
    )
    if (!answered) return
  }
}
