// A place that no server should ask for anything.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Trap {
  readonly url: string
  /** How often it was asked. */
  hits(): number
  close(): Promise<void>
}

export async function openTrap(): Promise<Trap> {
  let hits = 0
  const trap = createServer((_request, response) => {
    hits += 1
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => trap.once('listening', resolve))
  const { port } = trap.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    hits: () => hits,
    close: () => new Promise((resolve) => trap.close(() => resolve())),
  }
}
