// Carries out plans on the embedded database. Transitions that arrive together are committed together, with one
// flush to disk, and each is answered after the commit. Must not know what a plan is about.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicClock } from '../../platform/clock.ts'
import { giveUpAtMilliseconds } from '../../platform/deadline.ts'
import type { News, StoreLoad } from '../port.ts'
import { type Checkpointer, NO_CHECKPOINTS } from './checkpointer.ts'
import type { Driver, Plan, StatementCall } from './plan.ts'
import type { RowDecoder } from './row-functions.ts'
import { asStoreError, isUnavailable, resultCode, SQLITE_BUSY } from './sqlite-errors.ts'
import { PATIENCE_MILLISECONDS } from './sqlite-file.ts'
import { type AnyStatement, type Compile, type CompiledStatement, decoderOf } from './statement.ts'

/** Bounds how long one group keeps the process from doing anything else. */
const MAX_GROUP = 250

/** How soon a process looks again whether the file is free. SQLite itself would stop the whole process meanwhile. */
const LOOK_AGAIN_MILLISECONDS = 1

/** While others hold the file beyond all patience, and it is looked at as often as this, nobody waits for it anew. */
const SILENT_MILLISECONDS = 250

interface Job {
  /** Until then it waits for its turn to write, on the clock that is never set back. */
  readonly untilMilliseconds: number
  /** One statement alone is undone by the database when it fails. */
  readonly single: boolean
  /** One of its group has failed: it has a savepoint of its own, which copies every page that it is the first to change. */
  isSuspect: boolean
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
  readonly #checkFiles: () => Promise<void>
  /** How long others may write before what has to be written here fails. */
  #patienceMilliseconds: number
  #queue: Job[] = []
  /** When it found another process writing, each time it looked; undefined when it wrote last time. */
  #busy: { readonly sinceMilliseconds: number; lastMilliseconds: number } | undefined
  #commits = 0
  #transitions = 0
  /** Statements of the latest group, and rows that they told of: about as many as they changed. */
  #changes = 0
  #closed: Promise<void> | undefined
  #tell: (news: News) => void = () => undefined

  constructor(
    db: DatabaseSync,
    compile: Compile,
    {
      patienceMilliseconds = PATIENCE_MILLISECONDS,
      checkpointer = NO_CHECKPOINTS,
      checkFiles = async () => undefined,
    }: {
      readonly patienceMilliseconds?: number
      readonly checkpointer?: Checkpointer
      readonly checkFiles?: () => Promise<void>
    } = {},
  ) {
    this.#db = db
    this.#compile = compile
    this.#patienceMilliseconds = patienceMilliseconds
    this.#checkpointer = checkpointer
    this.#checkFiles = checkFiles
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

  handNewsTo(tell: (news: News) => void): void {
    this.#tell = tell
  }

  load(): StoreLoad {
    return {
      waiting: this.#queue.length,
      connections: { busy: 0, idle: this.#db.isOpen ? 1 : 0 },
      groups: { commits: this.#commits, transitions: this.#transitions },
    }
  }

  async check(): Promise<void> {
    await this.#checkFiles()
    await this.#checkpointer.check()
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
        const news: News[] = []
        const result = this.#carryOut(plan(), news)
        return () => {
          resolve(result)
          news.forEach(this.#tell)
        }
      }
      const untilMilliseconds = giveUpAtMilliseconds(this.#patienceMilliseconds)
      this.#queue.push({ untilMilliseconds, single, isSuspect: false, run, fail: reject })
      if (this.#queue.length === 1) setImmediate(() => this.#commitGroup())
    })
  }

  #commitGroup(): void {
    if (this.#queue.length === 0) return
    let group: Job[] = []
    let answers: (() => void)[]
    try {
      if (!this.#begin()) {
        if (this.#queue.length > 0) setTimeout(() => this.#commitGroup(), LOOK_AGAIN_MILLISECONDS)
        return
      }
      this.#changes = 0
      group = this.#takeGroup()
      answers = group.map((job) => this.#attempt(job))
      this.#control.commit.run()
    } catch (error) {
      this.#undo(group, error)
      return
    }
    this.#commits += 1
    this.#transitions += group.length
    this.#checkpointer.committed(this.#changes)
    for (const answer of answers) answer()
  }

  #undo(group: readonly Job[], error: unknown): void {
    const isUndone = this.#db.isOpen && this.#db.isTransaction
    if (isUndone) this.#db.exec('rollback')
    if (isUndone && !isUnavailable(error) && group.some((job) => !job.isSuspect)) {
      // Once more, so that the one that has failed is undone alone. It hardly ever happens.
      for (const job of group) job.isSuspect = true
      this.#queue.unshift(...group)
      setImmediate(() => this.#commitGroup())
      return
    }
    const failure = asStoreError(error)
    const failed = group.length > 0 ? group : this.#takeGroup()
    for (const job of failed) job.fail(failure)
  }

  /** @returns false while another process writes: there may be other work to do, and more to join the group. */
  #begin(): boolean {
    try {
      this.#control.begin.run()
      this.#busy = undefined
      return true
    } catch (error) {
      if (resultCode(error) !== SQLITE_BUSY) throw error
      this.#giveUp(error)
      return false
    }
  }

  /** Lets go of those whose time is over, and of all when the file has been held for too long. */
  #giveUp(cause: unknown): void {
    const now = monotonicClock.nowMilliseconds()
    if (this.#busy === undefined || now - this.#busy.lastMilliseconds > SILENT_MILLISECONDS) {
      this.#busy = { sinceMilliseconds: now, lastMilliseconds: now }
    }
    this.#busy.lastMilliseconds = now
    const isOver = now - this.#busy.sinceMilliseconds >= this.#patienceMilliseconds
    const [late, waiting] = partition(
      this.#queue,
      ({ untilMilliseconds }) => isOver || untilMilliseconds <= now,
    )
    this.#queue = waiting
    for (const job of late) job.fail(asStoreError(cause))
  }

  #takeGroup(): Job[] {
    const group = this.#queue.splice(0, MAX_GROUP)
    if (this.#queue.length > 0) setImmediate(() => this.#commitGroup())
    return group
  }

  /** Reading waits for nobody, except while the log of a process that died is being recovered. */
  async #readPatiently<Result>(plan: () => Plan<Result>): Promise<Result> {
    const untilMilliseconds = giveUpAtMilliseconds(this.#patienceMilliseconds)
    for (;;) {
      await pause(LOOK_AGAIN_MILLISECONDS)
      try {
        return this.#carryOut(plan())
      } catch (error) {
        const isOver = monotonicClock.nowMilliseconds() >= untilMilliseconds
        if (resultCode(error) !== SQLITE_BUSY || isOver) throw asStoreError(error)
      }
    }
  }

  #waitInSqlite(milliseconds: number): void {
    this.#db.exec(`pragma busy_timeout = ${milliseconds}`)
  }

  /** @throws when the whole group has to be undone */
  #attempt(job: Job): () => void {
    const { savepoint, release, rollback } = this.#control
    if (!job.isSuspect && !job.single) return job.run()
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

  #carryOut<Result>(plan: Plan<Result>, news: News[] = []): Result {
    let next = plan.next()
    while (!next.done) {
      if (next.value.news) news.push(next.value.news)
      next = plan.next(next.value.calls.map((call) => this.#execute(call)))
    }
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
      const decode = decoderOf(handle.columns().map(({ name }) => name))
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

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  const { true: those = [], false: others = [] } = Object.groupBy(items, (item) => `${test(item)}`)
  return [those, others]
}
