// An address that leads to whichever database is the primary, as a virtual address or a proxy does.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface DatabaseProxy {
  readonly port: number
  /** New connections go there; those to the former one break. */
  leadTo(port: number): void
  close(): Promise<void>
}

export async function startDatabaseProxy(firstPort: number): Promise<DatabaseProxy> {
  const open = new Set<Socket>()
  let target = firstPort
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: target })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breakAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port
      breakAll()
    },
    async close() {
      server.close()
      breakAll()
      await once(server, 'close')
    },
  }
}
