// A worker's own view: it does what the primary process says, and signals are not for it.

import cluster from 'node:cluster'
import type { Host, StopRequest } from '../host.ts'
import { type Serving, serve } from '../serve.ts'
import { type FromWorker, isReportRequest, isToWorker, type Report } from './messages.ts'

/** undefined in a process that is no worker. */
export const workerId: number | undefined = cluster.isWorker ? cluster.worker?.id : undefined

export async function serveAsWorker(serving: Omit<Serving, 'ready'>, host: Host): Promise<void> {
  // Ctrl-C, and a supervisor that ends the whole group, reach every process of it.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)
  const ready = (url: string) => void process.send?.({ ready: url } satisfies FromWorker)
  try {
    await serve({ ...serving, ready, handOverMetrics }, { ...host, stopRequested })
  } finally {
    // Waits until the primary has taken back the connections that it was about to hand over.
    cluster.worker?.disconnect()
  }
}

/** The primary process asks whenever it is asked itself. */
function handOverMetrics(report: () => Promise<readonly object[]>): void {
  process.on('message', async (message) => {
    if (!isReportRequest(message)) return
    const { reportNumber } = message
    const metrics = await report()
    if (process.connected) process.send?.({ reportNumber, metrics } satisfies Report)
  })
}

function stopRequested(): Promise<StopRequest> {
  const { promise, resolve } = Promise.withResolvers<StopRequest>()
  process.on('message', (message) => {
    if (isToWorker(message)) resolve(message.stop)
  })
  return promise
}
