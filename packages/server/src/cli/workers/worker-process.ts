// One worker as the primary process sees it: it starts, becomes ready, and ends.

import cluster from 'node:cluster'
import type { StopRequest } from '../host.ts'
import { isFromWorker, type ToWorker } from './messages.ts'

export interface WorkerProcess {
  /** Counts up: no two workers of a primary have the same. */
  readonly id: number
  readonly pid: number | undefined
  /** Where it answers requests; undefined when it ended before it did. */
  readonly ready: Promise<string | undefined>
  readonly ended: Promise<Ending>
  /** Ends it, by force if it has not ended after so long. One that is not ready has nothing to finish. */
  stop(how: StopRequest, withinSeconds: number): void
}

export interface Ending {
  readonly exitCode: number | null
  readonly signal: string | null
}

/** Runs this very command line again, as a worker. */
export function startWorker({ json }: { readonly json: boolean }): WorkerProcess {
  // The one object of --json is the primary's to say.
  const args = process.argv.slice(2).filter((word) => word !== '--json')
  const stdio = ['ignore', json ? process.stderr.fd : 'inherit', 'inherit', 'ipc']
  cluster.setupPrimary({ args, stdio })
  const worker = cluster.fork()
  const ready = Promise.withResolvers<string | undefined>()
  const ended = Promise.withResolvers<Ending>()
  let isReady = false
  let isUnwanted = false
  worker.on('message', (message: unknown) => {
    if (!isFromWorker(message)) return
    isReady = true
    ready.resolve(message.ready)
  })
  worker.on('exit', (exitCode: number | null, signal: string | null) => {
    ready.resolve(undefined)
    ended.resolve(isUnwanted ? { exitCode: 0, signal: null } : { exitCode, signal })
  })
  // Of a worker that is on its way out already; its exit tells the rest.
  worker.on('error', () => undefined)
  return {
    id: worker.id,
    pid: worker.process.pid,
    ready: ready.promise,
    ended: ended.promise,
    stop(how, withinSeconds) {
      if (!isReady) {
        isUnwanted = true
        worker.process.kill('SIGKILL')
        return
      }
      if (worker.isConnected()) worker.send({ stop: how } satisfies ToWorker)
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), withinSeconds * 1000)
      worker.on('exit', () => clearTimeout(timer))
    },
  }
}
