// Carries out plans on PostgreSQL, at READ COMMITTED: the guards in the statements decide, never the isolation
// level. Statements that do not wait for each other's rows share a round trip. Must not know what a plan is about.

import type { Pool, PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg'
import { StoreUnavailableError } from '../port.ts'
import type { Driver, Plan, Step, StepRows } from './plan.ts'
import { asStoreError, isConflict } from './postgres-errors.ts'
import { type Compile, decodeRow, type ResultColumn, resultColumn } from './statement.ts'

/** A transaction that lost a deadlock is run again, so many times in all. */
const ATTEMPTS = 3

export class PostgresDriver implements Driver {
  readonly #pool: Pool
  readonly #compile: Compile
  readonly #columns = new Map<string, readonly ResultColumn[]>()

  constructor(pool: Pool, compile: Compile) {
    this.#pool = pool
    this.#compile = compile
  }

  read<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#withClient((client) => this.#carryOut(client, plan()))
  }

  write<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#withClient((client) => this.#carryOut(client, ofOneStatement(plan())))
  }

  transact<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#withClient(async (client) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#inTransaction(client, plan())
        } catch (error) {
          if (!(error instanceof StoreUnavailableError)) await query(client, { text: 'rollback' })
          if (!isConflict(error) || attempt === ATTEMPTS) throw error
        }
      }
    })
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end()
  }

  async #inTransaction<Result>(client: PoolClient, plan: Plan<Result>): Promise<Result> {
    const [, result] = await Promise.all([
      query(client, { text: 'begin isolation level read committed' }),
      this.#carryOut(client, plan),
    ])
    await query(client, { text: 'commit' })
    return result
  }

  async #carryOut<Result>(client: PoolClient, plan: Plan<Result>): Promise<Result> {
    let next = plan.next()
    while (!next.done) next = plan.next(await this.#execute(client, next.value))
    return next.value
  }

  #execute(client: PoolClient, step: Step): Promise<StepRows> {
    return Promise.all(
      step.map(async ({ statement, input }) => {
        const { name, sql, bind } = this.#compile(statement)
        const result = await query(client, { name, text: sql, values: bind(input) })
        const columns = this.#columnsOf(name, result)
        return result.rows.map((values) => decodeRow(columns, values))
      }),
    )
  }

  #columnsOf(name: string, result: QueryArrayResult): readonly ResultColumn[] {
    let columns = this.#columns.get(name)
    if (columns === undefined) {
      columns = result.fields.map((field) => resultColumn(field.name))
      this.#columns.set(name, columns)
    }
    return columns
  }

  async #withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw asStoreError(error)
    })
    let broken = false
    try {
      return await work(client)
    } catch (error) {
      broken = error instanceof StoreUnavailableError
      throw isConflict(error)
        ? new StoreUnavailableError('the database is overloaded', { cause: error })
        : error
    } finally {
      client.release(broken)
    }
  }
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
  if (only.value.length > 1) throw new Error('several statements need a transaction')
  const rest = plan.next(yield only.value)
  if (!rest.done) throw new Error('several statements need a transaction')
  return rest.value
}
