// Follows the issuer's feed of revoked grants, apps and users, so that a JWT can be refused before it expires.

import type { AccessToken } from './access-token.ts'
import { fetchJson } from './documents.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'
import { parseFeedPage, RevocationList } from './revocation-list.ts'
import { TokenError } from './token-error.ts'

export interface FeedStatus {
  /** `idle` before the first use; `unsupported` when the issuer has no feed. */
  readonly state: 'off' | 'idle' | 'current' | 'stale' | 'unsupported'
  /** Number of the last revocation seen. */
  readonly sequence: number
  readonly entries: number
  readonly lastReadAtSeconds: number | undefined
  /** Why the last reading failed; undefined when it did not. */
  readonly lastError: unknown
}

export class RevocationFeed {
  readonly #settings: Settings
  readonly #issuer: Issuer
  readonly #staleMilliseconds: number
  readonly #list = new RevocationList()
  #sequence = 0
  #supported = true
  #lastTryMilliseconds = Number.NEGATIVE_INFINITY
  #lastReadMilliseconds = Number.NEGATIVE_INFINITY
  #lastError: unknown
  #reading: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, issuer: Issuer) {
    this.#settings = settings
    this.#issuer = issuer
    this.#staleMilliseconds = Math.max(settings.pollSeconds * 5, 10) * 1000
  }

  /** Makes sure that the feed was tried lately. @throws TokenError revocations_unavailable, where stale means refuse */
  async ensureCurrent(): Promise<void> {
    // The first use, or the process was suspended and the timer with it: wait for one try.
    if (this.#supported && this.#isOlderThanAllowed(this.#lastTryMilliseconds)) await this.#read()
    if (this.#settings.whenStale === 'refuse' && this.#isStale()) {
      throw new TokenError('revocations_unavailable', { cause: this.#lastError })
    }
  }

  isRevoked(token: AccessToken): boolean {
    return this.#list.covers(token)
  }

  /** Reads what was published until now. Never throws: a failure shows in `status`. */
  async catchUp(): Promise<void> {
    // A reading under way may have started before the revocation that the caller knows of.
    await this.#reading
    await this.#read()
  }

  status(): FeedStatus {
    return {
      state: this.#state(),
      sequence: this.#sequence,
      entries: this.#list.size,
      lastReadAtSeconds: Number.isFinite(this.#lastReadMilliseconds)
        ? Math.floor(this.#lastReadMilliseconds / 1000)
        : undefined,
      lastError: this.#lastError,
    }
  }

  /** Stops following by itself. Tokens can still be checked: the feed is then read when it is found old. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #state(): FeedStatus['state'] {
    if (!this.#supported) return 'unsupported'
    if (this.#lastTryMilliseconds === Number.NEGATIVE_INFINITY) return 'idle'
    return this.#isStale() ? 'stale' : 'current'
  }

  #isStale(): boolean {
    return this.#isOlderThanAllowed(this.#lastReadMilliseconds)
  }

  #isOlderThanAllowed(milliseconds: number): boolean {
    return Date.now() - milliseconds > this.#staleMilliseconds
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAndSchedule().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readAndSchedule(): Promise<void> {
    try {
      await this.#readNewPages()
      this.#lastReadMilliseconds = Date.now()
      this.#lastError = undefined
    } catch (error) {
      this.#lastError = error
      this.#settings.onFeedError?.(error)
    } finally {
      this.#lastTryMilliseconds = Date.now()
      this.#schedule()
    }
  }

  async #readNewPages(): Promise<void> {
    const { revocationFeedEndpoint: endpoint } = await this.#issuer.metadata()
    this.#supported = endpoint !== undefined
    if (!endpoint) throw new Error(`${this.#settings.issuer} has no revocation_feed_endpoint`)
    const url = new URL(endpoint)
    for (let more = true; more; ) {
      url.searchParams.set('after', String(this.#sequence))
      const page = parseFeedPage(await fetchJson(this.#settings, url.href))
      if (page.more && page.sequence <= this.#sequence) {
        throw new Error('The revocation feed promises more, but does not move on')
      }
      for (const revocation of page.revocations) this.#list.add(revocation)
      this.#sequence = Math.max(this.#sequence, page.sequence)
      more = page.more
    }
    this.#list.dropExpired(Date.now() / 1000)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#closed || !this.#supported) return
    this.#timer = setTimeout(() => this.#read(), this.#settings.pollSeconds * 1000)
    this.#timer.unref()
  }
}
