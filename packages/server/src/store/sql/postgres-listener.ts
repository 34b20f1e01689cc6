// A connection of its own on which a process hears what others tell. Whether anything arrives is tried with words to
// itself, at the beginning and then every few seconds: a pooler in between takes LISTEN and delivers nothing, and a
// connection whose other end is gone says nothing either.

import pg from 'pg'
import { apart, waitFor } from '../../platform/deadline.ts'
import { newId } from '../../platform/random.ts'
import type { Log } from '../../protocol/message.ts'

export const CHANNEL = 'ostiary'

const CONNECTION = { connectionTimeoutMillis: 1750, keepAlive: true }
/** What a process says to itself must have come back by then. */
const ECHO_MILLISECONDS = 2000
const TRY_EVERY_MILLISECONDS = 5000
/** Between two connections, twice as long after each failure. */
const SHORTEST_PAUSE_MILLISECONDS = 100
const LONGEST_PAUSE_MILLISECONDS = 30_000
const LEAVE_MILLISECONDS = 1000

interface Surroundings {
  /** Tells all who listen, by another connection. */
  readonly send: (message: string) => void
  /** Is given undefined when something may have been missed, and when nothing can be heard any more. */
  readonly hear: (message: string | undefined) => void
  readonly log: Log | undefined
}

export class PostgresListener {
  readonly #url: string
  readonly #surroundings: Surroundings
  #client: pg.Client | undefined
  #timer: NodeJS.Timeout | undefined
  #echo = ''
  #hears = false
  #failures = 0
  #isClosed = false

  constructor(url: string, surroundings: Surroundings) {
    this.#url = url
    this.#surroundings = surroundings
    apart(() => this.#begin())
  }

  /** What others tell arrives. */
  get hears(): boolean {
    return this.#hears
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#hears = false
    clearTimeout(this.#timer)
    await this.#leave()
  }

  #begin(): void {
    this.#connect().catch((error: unknown) => this.#lose(reasonOf(error)))
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, ...CONNECTION })
    this.#client = client
    const isCurrent = () => this.#client === client
    const fail = (error?: unknown) => void (isCurrent() && this.#lose(reasonOf(error)))
    client.on('error', fail)
    client.on('end', fail)
    client.on('notification', ({ payload = '' }) => void (isCurrent() && this.#take(payload)))
    try {
      await client.connect()
      await waitFor(client.query(`listen ${CHANNEL}`), ECHO_MILLISECONDS)
      if (isCurrent()) this.#tryHearing()
    } catch (error) {
      fail(error)
    }
  }

  #tryHearing(): void {
    this.#echo = `echo ${newId()}`
    this.#surroundings.send(this.#echo)
    this.#later(ECHO_MILLISECONDS, () => this.#lose(NOTHING_ARRIVES))
  }

  #take(message: string): void {
    const { hear, log } = this.#surroundings
    if (message !== this.#echo) {
      hear(message)
      return
    }
    this.#later(TRY_EVERY_MILLISECONDS, () => this.#tryHearing())
    if (this.#hears) return
    this.#hears = true
    if (this.#failures > 0) {
      log?.info({}, 'the database tells this process of revocations by others')
    }
    this.#failures = 0
    hear(undefined)
  }

  #lose(reason: string): void {
    const { hear, log } = this.#surroundings
    void this.#leave()
    if (this.#failures === 0) log?.warn({ reason }, LOOKS_INSTEAD)
    const pause = SHORTEST_PAUSE_MILLISECONDS * 2 ** this.#failures
    this.#failures += 1
    this.#later(Math.min(pause, LONGEST_PAUSE_MILLISECONDS), () => this.#begin())
    this.#hears = false
    hear(undefined)
  }

  async #leave(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    // The other end may be gone without having said so.
    await waitFor(client?.end() ?? Promise.resolve(), LEAVE_MILLISECONDS).catch(() => undefined)
  }

  #later(milliseconds: number, act: () => void): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    this.#timer = setTimeout(act, milliseconds)
    this.#timer.unref()
  }
}

const LOOKS_INSTEAD =
  'the database does not tell this process of revocations by others: it looks for them ten times a second'
const NOTHING_ARRIVES =
  'nothing that is told arrives; with PgBouncer, set database.listenUrl to the address of PostgreSQL itself'

function reasonOf(error: unknown): string {
  return (error instanceof Error && error.message) || 'the connection has ended'
}
