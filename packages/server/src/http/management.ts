// What monitoring asks, on a port of its own: metrics, and the health of the process. It goes on answering while
// requests are turned away.

import { listenOn } from './listen.ts'
import { createHttpServer, type HttpSettings } from './server.ts'

const SETTINGS = { host: 'management.host', port: 'management.port' }

/** All metrics in the form that Prometheus reads. */
export interface MetricSource {
  readonly contentType: string
  collect(): Promise<string>
}

export type HealthSettings = Pick<HttpSettings, 'log' | 'checkReady' | 'departure'>

export interface Management {
  readonly url: string
  close(): Promise<void>
}

/** @returns undefined when there is no port for it */
export async function listenForMonitoring(
  { host, port }: { readonly host: string; readonly port?: number },
  { metrics, ...health }: HealthSettings & { readonly metrics: MetricSource },
): Promise<Management | undefined> {
  if (port === undefined) return undefined
  const server = createHttpServer({ ...health, trustedProxies: [] })
  server.get('/metrics', async (_request, reply) => {
    const text = await metrics.collect()
    return reply.header('cache-control', 'no-store').type(metrics.contentType).send(text)
  })
  const url = await listenOn(server, { host, port }, SETTINGS)
  return { url, close: () => server.close() }
}
