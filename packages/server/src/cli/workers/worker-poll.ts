// Asks all workers for their metrics. One that does not answer in time, or ends meanwhile, is left out.

import cluster, { type Worker } from 'node:cluster'
import { isFromWorker, isReport, type ReportRequest } from './messages.ts'

const PATIENCE_MS = 2000

type Metrics = readonly object[]

/** To be made before the first worker is started. */
export function createWorkerPoll(): () => Promise<readonly Metrics[]> {
  // A worker that is on its way does not listen yet.
  const ready = new Set<Worker>()
  cluster.on('message', (worker, message) => {
    if (isFromWorker(message)) ready.add(worker)
  })
  cluster.on('exit', (worker) => ready.delete(worker))

  let polls = 0
  return async () => {
    polls += 1
    const reports = await Promise.all([...ready].map((worker) => ask(worker, polls)))
    return reports.filter((report) => report !== undefined)
  }
}

async function ask(worker: Worker, reportNumber: number): Promise<Metrics | undefined> {
  const { promise, resolve } = Promise.withResolvers<Metrics | undefined>()
  const hear = (message: unknown) => {
    if (isReport(message) && message.reportNumber === reportNumber) resolve(message.metrics)
  }
  const giveUp = () => resolve(undefined)
  const timer = setTimeout(giveUp, PATIENCE_MS)
  worker.on('message', hear).on('exit', giveUp)
  if (worker.isConnected()) worker.send({ reportNumber } satisfies ReportRequest)
  const metrics = await promise
  clearTimeout(timer)
  worker.off('message', hear).off('exit', giveUp)
  return metrics
}
