// Connections, and the requests that come on one of them ahead of their answers.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { holdUp } from '../support/outage.ts'
import { scrape } from '../support/scrape.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'

const MOST = 20

let server: TestServer
beforeAll(async () => {
  // One address: Node counts the connections of each.
  server = await startTestServer('sqlite', {
    publicIssuer: 'https://id.example',
    server: { host: '127.0.0.1', maxConnections: MOST },
    management: { port: 0 },
  })
})
afterAll(() => server?.stop())

async function open(): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) })
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  return socket
}

/** @returns everything that came until there were so many answers, and a moment longer */
async function send(socket: Socket, bytes: string, answers: number): Promise<string> {
  let received = ''
  const hear = (part: Buffer) => {
    received += part.toString('latin1')
  }
  socket.on('data', hear).write(bytes)
  await expect
    .poll(() => received.split('HTTP/1.1 ').length - 1, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(answers)
  await pause(200)
  socket.off('data', hear)
  return received
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: id.example\r\n\r\n`
const bodiesOf = (text: string) => text.match(/\{[^\r\n]*\}/g) ?? []
async function closed(cause: string): Promise<number> {
  const { value } = await scrape(server.managementUrl)
  return value('ostiary_http_connections_closed_total', { cause }) ?? 0
}

describe('requests ahead of their answers', () => {
  it('are answered one after the other, in order', async () => {
    const socket = await open()
    const paths = ['/nothing', '/livez', '/assets/page.js', '/jwks', '/nothing', '/livez']
    const answers = await send(socket, paths.map(get).join(''), paths.length)
    expect(answers.match(/HTTP\/1\.1 (\d+)/g)).toEqual(
      [404, 200, 200, 200, 404, 200].map((status) => `HTTP/1.1 ${status}`),
    )
    expect(bodiesOf(answers).at(0)).toContain('not_found')
    expect(bodiesOf(answers).at(-1)).toBe('{"status":"ok"}')
    socket.destroy()
  })

  it('chaos 1: are not begun before the one ahead is answered', async () => {
    const letGo = holdUp(server.store)
    const socket = await open()
    const early = await send(socket, get('/revocations?after=0') + get('/livez'), 0)
    expect(early).toBe('')
    letGo()
    expect(await send(socket, '', 2)).toMatch(/revocations[\s\S]*"status":"ok"/)
    socket.destroy()
  })

  it('chaos 1: end their connection when they are more than may wait, and are forgotten', async () => {
    const letGo = holdUp(server.store)
    const before = await closed('pipelining')
    const socket = await open()
    socket.write(get('/revocations?after=0') + get('/livez').repeat(100))
    await once(socket, 'close')
    letGo()
    expect(await closed('pipelining')).toBe(before + 1)
    const another = await open()
    expect(await send(another, get('/livez'), 1)).toContain('"status":"ok"')
    another.destroy()
  })
})

describe('chaos 1: a flood of connections', () => {
  it('of which nothing is heard any more closes who was idle for longest, and the next is served', async () => {
    const app = await open()
    const idle: Socket[] = []
    for (let count = 0; count < 3 * MOST; count++) {
      const socket = await open()
      expect(await ask(socket), `connection ${count}`).toContain('"status":"ok"')
      idle.push(socket)
      // Whoever goes on asking keeps its connection.
      expect(await ask(app)).toContain('"status":"ok"')
    }
    await expect.poll(() => idle.filter(({ closed }) => closed).length).toBeGreaterThan(MOST)
    expect(app.closed).toBe(false)
    app.destroy()
    for (const socket of idle) socket.destroy()
  })

  it('on all of which something is under way is closed unheard beyond the limit', async () => {
    const letGo = holdUp(server.store)
    const before = await closed('too_many')
    const sockets: Socket[] = []
    for (let count = 0; count < 2 * MOST; count++) {
      const socket = await open()
      socket.write(get('/revocations?after=0'))
      sockets.push(socket)
    }
    await expect.poll(() => closed('too_many')).toBeGreaterThan(before)
    const { value } = await scrape(server.managementUrl)
    expect(value('ostiary_http_connections')).toBeLessThanOrEqual(MOST)
    await expect
      .poll(() => sockets.filter((each) => each.closed).length)
      .toBeGreaterThanOrEqual(MOST)
    const held = sockets.filter((each) => !each.closed)
    expect(held.length).toBeGreaterThan(0)
    const answered = held.map((socket) => once(socket, 'data'))
    letGo()
    await Promise.all(answered)
    for (const socket of sockets) socket.destroy()
  })

  async function ask(socket: Socket): Promise<string> {
    socket.write(get('/livez'))
    const [part] = (await once(socket, 'data')) as [Buffer]
    return part.toString('latin1')
  }
})
