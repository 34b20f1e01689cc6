// Stands between a server and its database, and can fall silent: connections stay open, and nothing comes through. The
// same as a database whose processes are stopped.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface StallingProxy {
  /** The URL of the database, through here. */
  readonly url: string
  stall(): void
  /** Only the next connection that says this, and from then on: nobody else notices. */
  stallAt(words: string): void
  goOn(): void
  close(): Promise<void>
}

export async function startStallingProxy(databaseUrl: string): Promise<StallingProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let isStalled = false
  let lastWords: string | undefined

  const add = (socket: Socket) => {
    sockets.add(socket)
    if (isStalled) socket.pause()
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    near.on('data', (data) => {
      if (lastWords === undefined || !data.includes(lastWords)) return far.write(data)
      lastWords = undefined
      for (const socket of [near, far]) socket.pause()
    })
    near.on('close', () => far.destroy())
    far.on('data', (data) => near.write(data)).on('close', () => near.destroy())
    for (const socket of [near, far]) add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const through = new URL(target)
  through.host = `127.0.0.1:${port}`
  return {
    url: through.href,
    stall() {
      isStalled = true
      for (const socket of sockets) socket.pause()
    },
    stallAt(words) {
      lastWords = words
    },
    goOn() {
      isStalled = false
      for (const socket of sockets) socket.resume()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
