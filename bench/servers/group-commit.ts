// Durable writes to SQLite, as cheap as they can honestly be: everything that arrives in one turn of the event loop is
// committed together with one flush to disk, and nobody hears of success before that.

import { DatabaseSync } from 'node:sqlite'

export function openDurably(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  return db
}

interface Job {
  work(): () => void
  fail(error: unknown): void
}

export class GroupCommit {
  readonly #db: DatabaseSync
  #jobs: Job[] = []

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Must not throw for what is to be expected: a failure fails everyone in the group. */
  write<Result>(work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const result = work()
        return () => resolve(result)
      }
      this.#jobs.push({ work: run, fail: reject })
      if (this.#jobs.length === 1) setImmediate(() => this.#commit())
    })
  }

  #commit(): void {
    const jobs = this.#jobs
    this.#jobs = []
    let answers: (() => void)[]
    try {
      this.#db.exec('begin immediate')
      answers = jobs.map((job) => job.work())
      this.#db.exec('commit')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      for (const job of jobs) job.fail(error)
      return
    }
    for (const answer of answers) answer()
  }
}
