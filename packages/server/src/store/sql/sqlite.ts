// Carries out plans on the embedded database. Transitions that arrive together are committed together, with one
// flush to disk: each in a savepoint of its own, each answered after the commit. Must not know what a plan is about.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreLoad } from '../port.ts'
import { type Checkpointer, NO_CHECKPOINTS } from './checkpointer.ts'
import type { Driver, Plan, StatementCall } from './plan.ts'
import { asStoreError, isUnavailable, resultCode, SQLITE_BUSY } from './sqlite-errors.ts'
import { BUSY_TIMEOUT_MILLISECONDS } from './sqlite-file.ts'
import {
  type AnyStatement,
  type Compile,
  type CompiledStatement,
  type RowDecoder,
  rowDecoder,
} from './statement.ts'

/** Bounds how long one group keeps the process from doing anything else. */
const MAX_GROUP = 250

/** How soon a process looks again whether the file is free. SQLite itself would stop the whole process meanwhile. */
const LOOK_AGAIN_MILLISECONDS = 1

interface Job {
  /** One statement alone is undone by the database when it fails. */
  readonly single: boolean
  /** Does its work inside the open transaction. @returns what answers its caller once that is committed. */
  run(): () => void
  fail(error: unknown): void
}

interface PreparedStatement {
  readonly compiled: CompiledStatement
  readonly statement: StatementSync
  readonly decode: RowDecoder
}

export class SqliteDriver implements Driver {
  readonly #db: DatabaseSync
  readonly #compile: Compile
  readonly #prepared = new Map<AnyStatement, PreparedStatement>()
  readonly #control: ReturnType<typeof prepareControl>
  readonly #checkpointer: Checkpointer
  /** How long others may write before what has to be written here fails. */
  #patienceMilliseconds: number
  #queue: Job[] = []
  /** How often it found another process writing, since it last wrote itself. */
  #timesBusy = 0
  #commits = 0
  #transitions = 0
  /** Statements of the latest group, and rows that they told of: about as many as they changed. */
  #changes = 0
  #closed: Promise<void> | undefined

  constructor(
    db: DatabaseSync,
    compile: Compile,
    {
      patienceMilliseconds = BUSY_TIMEOUT_MILLISECONDS,
      checkpointer = NO_CHECKPOINTS,
    }: { readonly patienceMilliseconds?: number; readonly checkpointer?: Checkpointer } = {},
  ) {
    this.#db = db
    this.#compile = compile
    this.#patienceMilliseconds = patienceMilliseconds
    this.#checkpointer = checkpointer
    this.#waitInSqlite(0)
    this.#control = prepareControl(db)
  }

  async read<Result>(plan: () => Plan<Result>): Promise<Result> {
    try {
      return this.#carryOut(plan())
    } catch (error) {
      if (resultCode(error) === SQLITE_BUSY) return this.#readPatiently(plan)
      throw asStoreError(error)
    }
  }

  write<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#enqueue(plan, true)
  }

  transact<Result>(plan: () => Plan<Result>): Promise<Result> {
    return this.#enqueue(plan, false)
  }

  load(): StoreLoad {
    return {
      waiting: this.#queue.length,
      connections: { busy: 0, idle: this.#db.isOpen ? 1 : 0 },
      groups: { commits: this.#commits, transitions: this.#transitions },
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown()
    return this.#closed
  }

  async #shutDown(): Promise<void> {
    // There is nothing else to do meanwhile, and no later group to come.
    this.#waitInSqlite(this.#patienceMilliseconds)
    this.#patienceMilliseconds = 0
    while (this.#queue.length > 0) this.#commitGroup()
    await this.#checkpointer.close()
    this.#prepared.clear()
    this.#db.close()
  }

  #enqueue<Result>(plan: () => Plan<Result>, single: boolean): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const result = this.#carryOut(plan())
        return () => resolve(result)
      }
      this.#queue.push({ single, run, fail: reject })
      if (this.#queue.length === 1) setImmediate(() => this.#commitGroup())
    })
  }

  #commitGroup(): void {
    if (this.#queue.length === 0) return
    let group: Job[] = []
    let answers: (() => void)[]
    try {
      if (!this.#begin()) {
        setTimeout(() => this.#commitGroup(), LOOK_AGAIN_MILLISECONDS)
        return
      }
      this.#changes = 0
      group = this.#takeGroup()
      answers = group.map((job) => this.#attempt(job))
      this.#control.commit.run()
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('rollback')
      const failure = asStoreError(error)
      if (group.length === 0) group = this.#takeGroup()
      for (const job of group) job.fail(failure)
      return
    }
    this.#commits += 1
    this.#transitions += group.length
    this.#checkpointer.committed(this.#changes)
    for (const answer of answers) answer()
  }

  /** @returns false while another process writes: there may be other work to do, and more to join the group. */
  #begin(): boolean {
    try {
      this.#control.begin.run()
      this.#timesBusy = 0
      return true
    } catch (error) {
      const isOver = this.#timesBusy * LOOK_AGAIN_MILLISECONDS >= this.#patienceMilliseconds
      this.#timesBusy = isOver ? 0 : this.#timesBusy + 1
      if (resultCode(error) === SQLITE_BUSY && !isOver) return false
      throw error
    }
  }

  #takeGroup(): Job[] {
    const group = this.#queue.splice(0, MAX_GROUP)
    if (this.#queue.length > 0) setImmediate(() => this.#commitGroup())
    return group
  }

  /** Reading waits for nobody, except while the log of a process that died is being recovered. */
  #readPatiently<Result>(plan: () => Plan<Result>): Result {
    this.#waitInSqlite(this.#patienceMilliseconds)
    try {
      return this.#carryOut(plan())
    } catch (error) {
      throw asStoreError(error)
    } finally {
      this.#waitInSqlite(0)
    }
  }

  #waitInSqlite(milliseconds: number): void {
    this.#db.exec(`pragma busy_timeout = ${milliseconds}`)
  }

  /** @throws when the database itself is in trouble: then the whole group has failed. */
  #attempt(job: Job): () => void {
    const { savepoint, release, rollback } = this.#control
    try {
      if (job.single) return job.run()
      savepoint.run()
      const answer = job.run()
      release.run()
      return answer
    } catch (error) {
      if (isUnavailable(error) || !this.#db.isTransaction) throw error
      if (!job.single) {
        rollback.run()
        release.run()
      }
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
    const found = rows as readonly unknown[][]
    this.#changes += 1 + found.length
    return found.map(prepared.decode)
  }

  #prepare(statement: AnyStatement): PreparedStatement {
    let prepared = this.#prepared.get(statement)
    if (prepared === undefined) {
      const compiled = this.#compile(statement)
      const handle = this.#db.prepare(compiled.sql)
      handle.setReturnArrays(true)
      const decode = rowDecoder(handle.columns().map(({ name }) => name))
      prepared = { compiled, statement: handle, decode }
      this.#prepared.set(statement, prepared)
    }
    return prepared
  }
}

/** Compiled once: they run with every group, and two of them with every job. */
function prepareControl(db: DatabaseSync) {
  return {
    begin: db.prepare('begin immediate'),
    commit: db.prepare('commit'),
    savepoint: db.prepare('savepoint job'),
    release: db.prepare('release job'),
    rollback: db.prepare('rollback to job'),
  }
}
