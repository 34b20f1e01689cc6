// Carries out plans on the embedded database. Transitions that arrive together are committed together, with one
// flush to disk: each in a savepoint of its own, each answered after the commit. Must not know what a plan is about.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Driver, Plan, StatementCall } from './plan.ts'
import { asStoreError, isUnavailable } from './sqlite-errors.ts'
import {
  type AnyStatement,
  type Compile,
  type CompiledStatement,
  decodeRow,
  type ResultColumn,
  resultColumn,
} from './statement.ts'

/** Bounds how long one group keeps the process from doing anything else. */
const MAX_GROUP = 250

interface Job {
  /** Does its work inside the open transaction. @returns what answers its caller once that is committed. */
  run(): () => void
  fail(error: unknown): void
}

interface PreparedStatement {
  readonly compiled: CompiledStatement
  readonly statement: StatementSync
  readonly columns: readonly ResultColumn[]
}

export class SqliteDriver implements Driver {
  readonly #db: DatabaseSync
  readonly #compile: Compile
  readonly #prepared = new Map<AnyStatement, PreparedStatement>()
  #queue: Job[] = []

  constructor(db: DatabaseSync, compile: Compile) {
    this.#db = db
    this.#compile = compile
  }

  async read<Result>(plan: () => Plan<Result>): Promise<Result> {
    try {
      return this.#carryOut(plan())
    } catch (error) {
      throw asStoreError(error)
    }
  }

  write<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.transact(plan)
  }

  transact<Result>(plan: () => Plan<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const result = this.#carryOut(plan())
        return () => resolve(result)
      }
      this.#queue.push({ run, fail: reject })
      if (this.#queue.length === 1) setImmediate(() => this.#commitGroup())
    })
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return
    while (this.#queue.length > 0) this.#commitGroup()
    this.#prepared.clear()
    this.#db.close()
  }

  #commitGroup(): void {
    const group = this.#queue.splice(0, MAX_GROUP)
    if (group.length === 0) return
    if (this.#queue.length > 0) setImmediate(() => this.#commitGroup())
    let answers: (() => void)[]
    try {
      this.#db.exec('begin immediate')
      answers = group.map((job) => this.#attempt(job))
      this.#db.exec('commit')
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('rollback')
      const failure = asStoreError(error)
      for (const job of group) job.fail(failure)
      return
    }
    for (const answer of answers) answer()
  }

  /** @throws when the database itself is in trouble: then the whole group has failed. */
  #attempt(job: Job): () => void {
    this.#db.exec('savepoint job')
    try {
      const answer = job.run()
      this.#db.exec('release job')
      return answer
    } catch (error) {
      if (isUnavailable(error) || !this.#db.isTransaction) throw error
      this.#db.exec('rollback to job; release job')
      return () => job.fail(error)
    }
  }

  #carryOut<Result>(plan: Plan<Result>): Result {
    let next = plan.next()
    while (!next.done) next = plan.next(next.value.calls.map((call) => this.#execute(call)))
    return next.value
  }

  #execute({ statement, input }: StatementCall): readonly unknown[] {
    const prepared = this.#prepare(statement)
    const rows: unknown = prepared.statement.all(...prepared.compiled.bind(input))
    return (rows as readonly unknown[][]).map((values) => decodeRow(prepared.columns, values))
  }

  #prepare(statement: AnyStatement): PreparedStatement {
    let prepared = this.#prepared.get(statement)
    if (prepared === undefined) {
      const compiled = this.#compile(statement)
      const handle = this.#db.prepare(compiled.sql)
      handle.setReturnArrays(true)
      const columns = handle.columns().map((column) => resultColumn(column.name))
      prepared = { compiled, statement: handle, columns }
      this.#prepared.set(statement, prepared)
    }
    return prepared
  }
}
