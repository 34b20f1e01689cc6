// The revocations in force. The feed names subjects by hash: it is public, and nobody can read from it who they are.

import { hash } from 'node:crypto'
import type { AccessToken } from './access-token.ts'
import type { FeedLine } from './feed-page.ts'
import { type LineKey, LineTable, toLineKey, UNBOUNDED } from './line-table.ts'

/** More would take an API's memory, and nobody revokes so much in a day: 40 MB. */
const MOST_LINES = 1_000_000

export class RevocationList {
  readonly #lines = new LineTable()
  readonly #mostLines: number
  /** Hashing is done once per token, not once per request. */
  readonly #keysOfToken = new WeakMap<AccessToken, readonly LineKey[]>()
  /** Tokens of the whole tenant that were issued up to here are void. One number, so it is kept for good. */
  #tenantUntilSeconds = Number.NEGATIVE_INFINITY

  constructor(mostLines = MOST_LINES) {
    this.#mostLines = mostLines
  }

  get size(): number {
    return this.#lines.size
  }

  get bytes(): number {
    return this.#lines.bytes
  }

  /**
   * Tokens that expired until then can no longer be judged, because the lines that ended them may be forgotten. They
   * stay expired, whatever happens to the clock of this machine.
   */
  get forgottenUntilSeconds(): number {
    return this.#lines.droppedUntilSeconds
  }

  /** @throws Error when there are more lines than a process should hold */
  add(line: FeedLine, nowSeconds: number): void {
    const { issuedUntilSeconds, expiresAtSeconds } = line
    if (line.kind === 'tenant') {
      this.#tenantUntilSeconds = Math.max(this.#tenantUntilSeconds, issuedUntilSeconds)
      return
    }
    if (this.#lines.size >= this.#mostLines) this.#makeRoom(nowSeconds)
    // A grant ends with everything it gave, whenever it was issued.
    const until = line.kind === 'grant' ? UNBOUNDED : issuedUntilSeconds
    const cells = { issuedUntilSeconds: until, expiresAtSeconds }
    this.#lines.add(line.key, cells, nowSeconds)
  }

  covers(token: AccessToken): boolean {
    // Lines tell whole seconds: one within the second of issue covers the token too.
    const issuedAtSeconds = Math.floor(token.issuedAtSeconds)
    if (issuedAtSeconds <= this.#tenantUntilSeconds) return true
    if (this.#lines.size === 0) return false
    for (const key of this.#keysOf(token)) {
      const issuedUntil = this.#lines.issuedUntilSeconds(key)
      if (issuedUntil === undefined) continue
      if (issuedUntil === UNBOUNDED || issuedUntil >= issuedAtSeconds) return true
    }
    return false
  }

  /** Forgets lines whose last token has expired by itself, before they are many. To be called with each reading. */
  dropExpired(nowSeconds: number): void {
    this.#lines.look(nowSeconds)
  }

  #makeRoom(nowSeconds: number): void {
    this.#lines.dropExpired(nowSeconds)
    if (this.#lines.size < this.#mostLines) return
    throw new Error(
      `The revocation feed has more than ${this.#mostLines} lines, more than an API should hold: find out at the issuer who revokes so much`,
    )
  }

  #keysOf(token: AccessToken): readonly LineKey[] {
    let keys = this.#keysOfToken.get(token)
    if (!keys) {
      keys = token.feedSubjects.map((subject) => toLineKey(hash('sha256', subject, 'buffer')))
      this.#keysOfToken.set(token, keys)
    }
    return keys
  }
}
