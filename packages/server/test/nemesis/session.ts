// One run of the scenarios: what they play on is made when the first asks for it, and gone at the end.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCluster, type PostgresCluster } from '../support/postgres-cluster.ts'
import type { StoreKind } from '../support/start-server.ts'
import { saveHistory } from './history.ts'
import { type Keep, type Run, type Scenario, Verdict } from './scenario.ts'
import { createRandom } from './seeded-random.ts'

export interface Outcome {
  readonly goal: string
  readonly claim: string
  readonly store: StoreKind
  readonly rounds: number
  readonly operations: number
  readonly failures: readonly string[]
  readonly notes: readonly string[]
  /** Why it was not run. */
  readonly skipped?: string
}

export interface SessionOptions {
  readonly seed: number
  /** For each scenario on each store. */
  readonly minutes: number
  /** Where histories that break a law are saved. */
  readonly failures: string
}

/** Where databases come from. */
export interface Postgres {
  /** The server itself, for whoever stops it. */
  openCluster(): Promise<PostgresCluster>
  /** @returns the URL of a new one */
  createDatabase(): Promise<string>
}

export async function* play(
  parts: readonly { scenario: Scenario; store: StoreKind }[],
  options: SessionOptions,
): AsyncGenerator<Outcome> {
  let cluster: Promise<PostgresCluster> | undefined
  const openCluster = () => {
    cluster ??= startCluster()
    return cluster
  }
  try {
    for (const { scenario, store } of parts) {
      yield await playOne(
        { scenario, store },
        {
          ...options,
          openCluster,
          createDatabase: async () => (await openCluster()).createDatabase(),
        },
      )
    }
  } finally {
    await (await cluster)?.remove()
  }
}

async function startCluster(): Promise<PostgresCluster> {
  const cluster = await createCluster()
  await cluster.start()
  return cluster
}

export async function playOne(
  { scenario, store }: { scenario: Scenario; store: StoreKind },
  options: SessionOptions & Postgres,
): Promise<Outcome> {
  const { goal, claim } = scenario
  const verdict = new Verdict(createKeep(`${goal}-${store}`, options))
  const skipped = await scenario.unavailable?.(store)
  if (skipped === undefined) {
    const run = runFor(store, { ...options, name: `${goal}/${store}`, verdict })
    await scenario.run(run).catch((error: unknown) => {
      verdict.failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    })
  }
  const { rounds, operations, failures } = verdict
  const measured = [...verdict.measures].map(([name, value]) => `${name}: ${value}`)
  const notes = [...new Set(verdict.notes), ...measured]
  return { goal, claim, store, rounds, operations, failures, notes, ...(skipped && { skipped }) }
}

function runFor(
  store: StoreKind,
  options: Pick<SessionOptions, 'seed' | 'minutes'> & {
    name: string
    verdict: Verdict
  } & Postgres,
): Run {
  const { seed, minutes, name, verdict, openCluster, createDatabase } = options
  return {
    store,
    minutes,
    random: createRandom(`${seed}/${name}`),
    verdict,
    rounds: (goal, { share = 1, atLeast = 1 } = {}) =>
      countUntil(goal, { milliseconds: share * minutes * 60_000, atLeast }),
    cluster: openCluster,
    async openDatabase() {
      return store === 'sqlite' ? store : { url: await createDatabase() }
    },
  }
}

function createKeep(name: string, { seed, failures }: SessionOptions): Keep {
  let kept = 0
  return (history, serverLog) => {
    kept += 1
    mkdirSync(failures, { recursive: true })
    const path = join(failures, `${name}-seed-${seed}-${kept}.jsonl`)
    saveHistory(path, history)
    writeFileSync(`${path}.log`, serverLog)
    return path
  }
}

function* countUntil(
  goal: number,
  { milliseconds, atLeast }: { milliseconds: number; atLeast: number },
): Generator<number> {
  const end = performance.now() + milliseconds
  for (let round = 0; round < goal; round += 1) {
    if (round >= atLeast && performance.now() > end) return
    yield round
  }
}
