// Kills the server in the middle of work and looks whether anything it had acknowledged is gone (security.md, R1).

import {
  type Deployment,
  type DeploymentOptions,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'

const WORKERS = 16

/** Work that many callers do at once. */
export interface Workload {
  readonly name: string
  /** Where it is done. */
  readonly deployment: DeploymentOptions
  /** For one round, while the server runs. */
  hire(workers: number, deployment: Deployment): Promise<readonly Worker[]>
}

/** One of the callers. */
export interface Worker {
  /** Asks for a token. @returns whether one was acknowledged */
  work(turn: number): Promise<boolean>
  /** Asks the restarted server. @returns in words, what of all that was acknowledged holds no more */
  findLost(): Promise<readonly string[]>
}

export interface KillReport {
  /** Tokens that were acknowledged in this round. */
  readonly acknowledged: number
  readonly lost: readonly string[]
}

/**
 * In each round 16 workers ask until the process is killed; then it starts again and is asked about everything it said,
 * and goes on to be the next one to be killed.
 */
export async function* runKillRounds(
  deployment: Deployment,
  { workload, killAfterTokens }: { workload: Workload; killAfterTokens: readonly number[] },
): AsyncGenerator<KillReport> {
  let server = await startProcess(deployment)
  try {
    for (const tokens of killAfterTokens) {
      const workers = await workload.hire(WORKERS, deployment)
      const acknowledged = await killAmidWork(server, workers, tokens)
      server = await startProcess(deployment)
      const lost = await Promise.all(workers.map((worker) => worker.findLost()))
      yield { acknowledged, lost: lost.flat() }
    }
  } finally {
    await server.stop()
  }
}

/** @returns how many tokens were acknowledged until the end */
async function killAmidWork(
  victim: ServerProcess,
  workers: readonly Worker[],
  killAfterTokens: number,
): Promise<number> {
  const stopped = new AbortController()
  const enough = Promise.withResolvers<void>()
  let acknowledged = 0
  const onToken = () => {
    acknowledged += 1
    if (acknowledged === killAfterTokens) enough.resolve()
  }
  const work = workers.map((worker, firstTurn) =>
    workUntilKilled(worker, { firstTurn, stopped: stopped.signal, onToken }),
  )
  await Promise.race([enough.promise, Promise.all(work)])
  stopped.abort()
  await victim.kill()
  await Promise.all(work)
  return acknowledged
}

async function workUntilKilled(
  worker: Worker,
  input: { firstTurn: number; stopped: AbortSignal; onToken: () => void },
): Promise<void> {
  try {
    for (let turn = input.firstTurn; !input.stopped.aborted; turn += 1) {
      if (await worker.work(turn)) input.onToken()
    }
  } catch (error) {
    // The connection broke: that is the kill. Nothing else may go wrong.
    if (!input.stopped.aborted) throw error
  }
}
