// Carries out plans on PostgreSQL, at READ COMMITTED: the guards in the statements decide, never the isolation
// level. Statements that do not wait for each other's rows share a round trip. Must not know what a plan is about.

import { setTimeout as pause } from 'node:timers/promises'
import type { Pool, PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg'
import { monotonicClock } from '../../platform/clock.ts'
import { DeadlineError, waitFor } from '../../platform/deadline.ts'
import { type News, type StoreLoad, StoreUnavailableError } from '../port.ts'
import type { Driver, Plan, Step, StepRows } from './plan.ts'
import { asStoreError, asTrouble, isConflict, isSilence } from './postgres-errors.ts'
import type { RowDecoder } from './row-functions.ts'
import { type Compile, decoderOf } from './statement.ts'

/** For so long after it has not answered in time, a database is not asked: nobody waits a second time for it. */
const SILENT_MS = 250

/**
 * How long a call may take that belongs to no request, such as that of a command. When the server says nothing at all,
 * its own time-outs do not help.
 */
const PATIENCE_MS = 5000

/** What lost a deadlock is run again, so many times in all. */
const ATTEMPTS = 3
const CONFLICT_PAUSE_MS = 20

/** For work that no caller waits for: tables are read and changed from end to end. */
export const UNHURRIED = { patienceMilliseconds: Number.POSITIVE_INFINITY }

export class PostgresDriver implements Driver {
  readonly #pool: Pool
  readonly #compile: Compile
  readonly #patienceMilliseconds: number
  readonly #preparedStatements: boolean
  readonly #decoders = new Map<string, RowDecoder>()
  /** Runs while it is not to be asked. */
  #silence: NodeJS.Timeout | undefined
  #tell: (news: News) => void = () => undefined

  constructor(
    pool: Pool,
    compile: Compile,
    {
      patienceMilliseconds = PATIENCE_MS,
      preparedStatements = true,
    }: { readonly patienceMilliseconds?: number; readonly preparedStatements?: boolean } = {},
  ) {
    this.#pool = pool
    this.#compile = compile
    this.#patienceMilliseconds = patienceMilliseconds
    this.#preparedStatements = preparedStatements
  }

  read<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#withClient((client) => carryOut(plan(), (step) => this.#execute(client, step)))
  }

  write<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#withClient((client) =>
      carryOut(ofOneStatement(plan()), (step) => this.#execute(client, step)),
    )
  }

  async transact<Result>(plan: () => Plan<Result>): Promise<Result> {
    const news: News[] = []
    const result = await this.#withClient(async (client) => {
      try {
        return await this.#inTransaction(client, plan(), news)
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) await query(client, { text: 'rollback' })
        throw error
      }
    })
    news.forEach(this.#tell)
    return result
  }

  handNewsTo(tell: (news: News) => void): void {
    this.#tell = tell
  }

  load(): StoreLoad {
    const { waitingCount, totalCount, idleCount } = this.#pool
    return {
      waiting: waitingCount,
      connections: { busy: totalCount - idleCount, idle: idleCount },
      groups: { commits: 0, transitions: 0 },
    }
  }

  /** Whatever is wrong with the server, a plan meets it. */
  async check(): Promise<void> {}

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }

  /** The first statements travel with the `begin`, the last ones with the `commit`. */
  async #inTransaction<Result>(
    client: PoolClient,
    plan: Plan<Result>,
    news: News[],
  ): Promise<Result> {
    let committing = false
    const run = async (step: Step): Promise<StepRows> => {
      if (committing) throw new Error('a transaction went on after its last step')
      if (step.news) news.push(step.news)
      committing = step.last
      // Should one of the statements fail, the `commit` behind it rolls back.
      const [rows] = await Promise.all([
        this.#execute(client, step),
        step.last ? query(client, { text: 'commit' }) : undefined,
      ])
      return rows
    }
    const [, result] = await Promise.all([
      query(client, { text: 'begin isolation level read committed' }),
      carryOut(plan, run),
    ])
    if (!committing) await query(client, { text: 'commit' })
    return result
  }

  #execute(client: PoolClient, { calls }: Step): Promise<StepRows> {
    return Promise.all(
      calls.map(async ({ statement, input }) => {
        const { name, sql, bind } = this.#compile(statement)
        // A statement without a name is forgotten with the next one.
        const named = this.#preparedStatements ? { name } : {}
        const result = await query(client, { ...named, text: sql, values: bind(input) })
        return result.rows.map(this.#decoderOf(name, result))
      }),
    )
  }

  #decoderOf(name: string, { fields }: QueryArrayResult): RowDecoder {
    let decoder = this.#decoders.get(name)
    if (decoder === undefined) {
      decoder = decoderOf(fields.map((field) => field.name))
      this.#decoders.set(name, decoder)
    }
    return decoder
  }

  /** Within the time that its request has left, and never for longer than any call may take. */
  async #withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    if (this.#silence) throw new StoreUnavailableError('the database did not answer just now')
    const startedAt = monotonicClock.nowMilliseconds()
    const client = await this.#connect(startedAt)
    let broken = false
    try {
      return await waitFor(
        repeatConflicts(() => work(client)),
        this.#patienceMilliseconds,
      )
    } catch (error) {
      const failure = this.#noteSilence(error, startedAt)
      broken = failure instanceof StoreUnavailableError
      throw failure
    } finally {
      // One that was given up on may still be at work: nobody else shall have to wait for it.
      client.release(broken)
    }
  }

  async #connect(startedAt: number): Promise<PoolClient> {
    const connecting = this.#pool.connect()
    try {
      return await waitFor(connecting, PATIENCE_MS)
    } catch (error) {
      // Should it come after all, it is for somebody else.
      if (error instanceof DeadlineError) connecting.then((late) => late.release(), ignore)
      throw this.#noteSilence(asStoreError(error), startedAt)
    }
  }

  /** @returns the error in the words of the port, when it has been looked at */
  #noteSilence(error: unknown, startedAt: number): unknown {
    const isCut = error instanceof DeadlineError
    // Who came with no time left says nothing about the database.
    const hasWaited = monotonicClock.nowMilliseconds() - startedAt >= SILENT_MS
    const failure = isCut || isConflict(error) ? asTrouble(error) : error
    if (isCut ? hasWaited : isSilence(failure)) this.#beSilent()
    return failure
  }

  #beSilent(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#silence = undefined
    }, SILENT_MS).unref()
  }
}

const ignore = () => undefined

/** @throws the conflict that was one too many */
async function repeatConflicts<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      // Whatever lost a deadlock was undone by the server, so it is safe to do it again.
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
      // The one that won has to get on first.
      await pause(attempt * CONFLICT_PAUSE_MS)
    }
  }
}

async function carryOut<Result>(
  plan: Plan<Result>,
  run: (step: Step) => Promise<StepRows>,
): Promise<Result> {
  let next = plan.next()
  while (!next.done) next = plan.next(await run(next.value))
  return next.value
}

/** @throws StoreUnavailableError, or the database's own error when the statement is to blame. */
async function query(
  client: PoolClient,
  statement: Omit<QueryArrayConfig, 'rowMode'>,
): Promise<QueryArrayResult> {
  try {
    return await client.query({ ...statement, rowMode: 'array' })
  } catch (error) {
    throw asStoreError(error)
  }
}

/** What runs without a transaction must be one by itself. */
function* ofOneStatement<Result>(plan: Plan<Result>): Plan<Result> {
  const only = plan.next()
  if (only.done) return only.value
  if (only.value.calls.length > 1) throw new Error('several statements need a transaction')
  const rest = plan.next(yield only.value)
  if (!rest.done) throw new Error('several statements need a transaction')
  return rest.value
}
