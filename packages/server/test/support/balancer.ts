// A load balancer as simple as they come: it asks every node whether it is ready, hands requests to those that are,
// in turn, over connections that it keeps, and tries none twice.

import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const CHECK_EVERY_MS = 50

export interface Balancer {
  /** Resolves when so many nodes are ready. */
  waitForNodes(count: number): Promise<void>
  /** What went wrong on the way to a node. */
  readonly errors: readonly string[]
  close(): Promise<void>
}

export async function startBalancer(
  port: number,
  nodes: readonly { readonly url: string }[],
): Promise<Balancer> {
  const errors: string[] = []
  const agent = new Agent({ keepAlive: true })
  let ready: readonly string[] = []
  let turn = 0
  const stopping = new AbortController()

  async function checkNodes(): Promise<void> {
    while (!stopping.signal.aborted) {
      const checked = await Promise.all(
        nodes.map(async ({ url }) => ((await isReady(url)) ? [url] : [])),
      )
      ready = checked.flat()
      await delay(CHECK_EVERY_MS)
    }
  }

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const node = ready[turn++ % ready.length]
    const fail = (error: Error) => {
      errors.push(`${incoming.method} ${incoming.url} at ${node}: ${error.message}`)
      if (!outgoing.headersSent) outgoing.writeHead(502)
      outgoing.end()
    }
    if (node === undefined) {
      fail(new Error('no node is ready'))
      return
    }
    const { method, headers } = incoming
    const forwarded = request(node + incoming.url, { method, headers, agent }, (answer) => {
      const { connection: _, 'keep-alive': __, ...kept } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, kept)
      answer.on('error', fail)
      answer.pipe(outgoing)
    })
    forwarded.on('error', fail)
    incoming.pipe(forwarded)
  }

  const server = createServer(forward).listen(port, 'localhost')
  await once(server, 'listening')
  const checking = checkNodes()
  return {
    errors,
    async waitForNodes(count) {
      while (ready.length !== count) await delay(CHECK_EVERY_MS)
    },
    async close() {
      stopping.abort()
      await checking
      agent.destroy()
      server.close()
      server.closeAllConnections()
    },
  }
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const check = request(`${url}/readyz`, { agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    check.on('error', () => resolve(false))
    check.end()
  })
}
