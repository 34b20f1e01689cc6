// The revocation feed of the test issuer, in the form that the real one publishes, and the tags under which it names
// apps and users.

import { hash, randomBytes } from 'node:crypto'
import { FEED_FORMAT, type FeedLine } from '../feed-page.ts'
import { newTag } from './shapes.ts'

const PAGE_LENGTH = 100
const KEPT_SECONDS = 86_400
/** Whatever the time of issue: tags and grants are void for ever. */
const FOR_EVER = 253_402_300_799

type Kind = FeedLine['kind']

interface Entry {
  readonly sequence: number
  readonly kind: Kind
  readonly id: string
  readonly issued_until: number
  readonly expires_at: number
}

export class TestRevocations {
  #epoch = newEpoch()
  #entries: Entry[] = []
  #lastSequence = 0
  readonly #tags = new Map<string, string>()
  readonly #waiting = new Set<() => void>()

  /** By what the feed knows an app or a user now. */
  tagOf(kind: 'client' | 'user', id: string): string {
    const name = `${kind}:${id}`
    let tag = this.#tags.get(name)
    if (tag === undefined) {
      tag = newTag()
      this.#tags.set(name, tag)
    }
    return tag
  }

  addGrant(grantId: string): void {
    this.#add('grant', grantId, FOR_EVER)
  }

  /** Ends what carries the tag of now; what is issued from now on carries another one. */
  addTagged(kind: 'client' | 'user', id: string): void {
    this.#add(kind, this.tagOf(kind, id), FOR_EVER)
    this.#tags.delete(`${kind}:${id}`)
  }

  /** What a restore of the issuer leaves: the later lines are gone, and every token from before is void. */
  restore(lines: number): void {
    this.#epoch = newEpoch()
    this.#entries = this.#entries.slice(0, lines)
    this.#lastSequence = this.#entries.length
    this.#add('tenant', '', nowSeconds())
  }

  covers(kind: Kind, subject: string, issuedAtSeconds: number): boolean {
    const id = idOf(kind, subject)
    return this.#entries.some(
      (entry) => entry.id === id && entry.issued_until >= Math.floor(issuedAtSeconds),
    )
  }

  /** Ends when there is something to tell, or the time is over. @throws what the signal was aborted for */
  async waitAfter(
    after: number,
    { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal | undefined },
  ): Promise<void> {
    if (seconds === 0 || after !== this.#lastSequence) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, seconds * 1000)
    // Whoever asks a test issuer may have nothing else to do.
    timer.unref()
    signal?.addEventListener('abort', () => resolve(), { once: true })
    this.#waiting.add(resolve)
    await promise
    this.#waiting.delete(resolve)
    clearTimeout(timer)
    signal?.throwIfAborted()
  }

  pageAfter(after: number): object {
    const later = this.#entries.filter(({ sequence }) => sequence > after)
    const given = later.slice(0, PAGE_LENGTH)
    return {
      format: FEED_FORMAT,
      epoch: this.#epoch,
      sequence: given.at(-1)?.sequence ?? Math.min(after, this.#lastSequence),
      last_sequence: this.#lastSequence,
      more: later.length > given.length,
      revocations: given.map(({ sequence: _, ...line }) => line),
    }
  }

  #add(kind: Kind, subject: string, issuedUntilSeconds: number): void {
    this.#lastSequence += 1
    this.#entries.push({
      sequence: this.#lastSequence,
      kind,
      id: idOf(kind, subject),
      issued_until: issuedUntilSeconds,
      expires_at: nowSeconds() + KEPT_SECONDS,
    })
    for (const wake of this.#waiting) wake()
  }
}

function idOf(kind: Kind, subject: string): string {
  return hash('sha256', `${kind}:${subject}`, 'base64url')
}

function newEpoch(): string {
  return randomBytes(16).toString('base64url')
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
