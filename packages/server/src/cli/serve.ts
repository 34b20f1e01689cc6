// Runs a server until the process is asked to end, then lets the requests in flight finish.

import { setTimeout } from 'node:timers/promises'
import type { RunningServer, ServerOptions } from '../app.ts'
import { type Deployment, openDeployment } from './deployment.ts'
import { CommandError } from './failure.ts'
import type { Host, StopRequest } from './host.ts'

export interface Serving extends Pick<ServerOptions, 'config' | 'log' | 'handOverMetrics'> {
  readonly migrate: boolean
  /** Runs when the database is open; what it gives back is added to the server. */
  readonly prepare?: (deployment: Deployment) => Promise<Pick<ServerOptions, 'extend'>>
  /** The server answers from now on. */
  readonly ready: (url: string) => void
}

/** Resolves when everything is closed. @throws when requests do not end in the time they have. */
export async function serve(serving: Serving, host: Host): Promise<void> {
  const { config, log, migrate, handOverMetrics } = serving
  const stop = host.stopRequested()
  const deployment = await openDeployment(config, host, { migrate, log })
  try {
    const additions = await serving.prepare?.(deployment)
    const server = await host.parts.startServer({
      ...{ config, log },
      ...(handOverMetrics && { handOverMetrics }),
      ...deployment,
      ...additions,
    })
    serving.ready(server.url)
    await leave(await stop, server, serving)
    log.info('stopping: requests in flight may finish')
    await within(config.server.shutdownSeconds, server.close())
  } finally {
    await deployment.store.close()
  }
  log.info('stopped')
}

/** Takes requests for a while yet, so that whoever sends them can notice. */
async function leave(
  request: StopRequest,
  server: RunningServer,
  { config, log }: Serving,
): Promise<void> {
  const { drainSeconds } = config.server
  if (request === 'interrupted' || drainSeconds === 0) return
  // Of a process that is replaced, others take the requests that come the same way.
  server.prepareToClose({ unready: request === 'terminated' })
  log.info({ drainSeconds }, 'stopping: requests are to go elsewhere')
  await setTimeout(drainSeconds * 1000)
}

async function within(seconds: number, work: Promise<void>): Promise<void> {
  const deadline = setTimeout(seconds * 1000, 'expired', { ref: false })
  if ((await Promise.race([work, deadline])) !== 'expired') return
  throw new CommandError(
    `requests were still running ${seconds} seconds after the signal: raise server.shutdownSeconds if they need longer`,
  )
}
