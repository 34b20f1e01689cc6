// Follows the issuer's feed of revoked grants, apps and users, so that a JWT can be refused before it expires. Failures
// close: what may have been revoked unheard is not let in.

import type { AccessToken } from './access-token.ts'
import { fetchDocument } from './documents.ts'
import { type Instant, LONG_AGO, millisecondsSince, takeInstant } from './elapsed.ts'
import { explain } from './explain.ts'
import { FeedFormatError, type FeedPage, parseFeedPage } from './feed-page.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'
import { RevocationList } from './revocation-list.ts'
import { TokenError } from './token-error.ts'
import { warnOnce } from './warnings.ts'

export interface FeedStatus {
  /** `idle` before the first use; `unsupported` when the issuer has no feed. */
  readonly state: 'off' | 'idle' | 'current' | 'stale' | 'unsupported'
  /** Number of the last revocation seen. */
  readonly sequence: number
  readonly entries: number
  readonly lastReadAtSeconds: number | undefined
  /** Why the last reading failed; undefined when it did not. */
  readonly lastError: { readonly message: string } | undefined
}

/** A revocation is to be in force within this time, whatever happens to the feed. */
const STALE_MILLISECONDS = 60_000
/** After a failure, the feed is not left alone for longer than this. */
const RETRY_SECONDS = 2

export class RevocationFeed {
  readonly #settings: Settings
  readonly #issuer: Issuer
  /** Without a try for so long, the timer does not work: the process was suspended, or the guard closed. */
  readonly #overdueMilliseconds: number
  readonly #list: RevocationList
  #epoch: string | undefined
  #epochs = 0
  #sequence = 0
  #supported = true
  #lastTry = LONG_AGO
  #lastRead = LONG_AGO
  #lastError: unknown
  #reading: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(settings: Settings, issuer: Issuer, list = new RevocationList()) {
    this.#settings = settings
    this.#list = list
    this.#issuer = issuer
    this.#overdueMilliseconds = Math.max(settings.pollSeconds * 5, 10) * 1000
  }

  /** How many were seen: each restore of the issuer begins one. */
  get epochs(): number {
    return this.#epochs
  }

  /** A reading to wait for before a token is judged; undefined when there was a try lately. */
  refresh(now: Instant): Promise<void> | undefined {
    const isOverdue = millisecondsSince(this.#lastTry, now) > this.#overdueMilliseconds
    return isOverdue ? this.#read() : undefined
  }

  /** @throws TokenError revocations_unavailable, token_expired, token_revoked */
  check(token: AccessToken, now: Instant): void {
    if (this.#mustRefuse(now)) {
      throw new TokenError('revocations_unavailable', { cause: this.#lastError })
    }
    if (token.expiresAtSeconds <= this.#list.forgottenUntilSeconds) {
      throw new TokenError('token_expired')
    }
    if (this.#list.covers(token)) throw new TokenError('token_revoked')
  }

  /** Reads what was published until now. Never throws: a failure shows in `status`. */
  async catchUp(): Promise<void> {
    // A reading under way may have started before the revocation that the caller knows of.
    await this.#reading
    await this.#read()
  }

  status(): FeedStatus {
    const { wallMilliseconds } = this.#lastRead
    return {
      state: this.#state(),
      sequence: this.#sequence,
      entries: this.#list.size,
      lastReadAtSeconds:
        this.#lastRead === LONG_AGO ? undefined : Math.floor(wallMilliseconds / 1000),
      lastError: this.#lastError === undefined ? undefined : { message: explain(this.#lastError) },
    }
  }

  /** Stops following by itself. Tokens can still be checked: the feed is then read when it is found old. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #state(): FeedStatus['state'] {
    if (!this.#supported) return 'unsupported'
    if (this.#lastTry === LONG_AGO) return 'idle'
    return this.#isStale() ? 'stale' : 'current'
  }

  #mustRefuse(now: Instant): boolean {
    // Another format is not away for a while: without an update, no revocation would ever arrive.
    if (this.#lastError instanceof FeedFormatError) return true
    return this.#settings.whenStale === 'refuse' && this.#isStale(now)
  }

  #isStale(now = takeInstant()): boolean {
    return millisecondsSince(this.#lastRead, now) > STALE_MILLISECONDS
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAndSchedule().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readAndSchedule(): Promise<void> {
    try {
      this.#lastRead = await this.#readNewPages()
      this.#lastError = undefined
    } catch (error) {
      this.#lastError = error
      this.#issuer.doubt()
      this.#settings.onFeedError?.(error)
    } finally {
      this.#lastTry = takeInstant()
      this.#warnOfAcceptance()
      this.#schedule()
    }
  }

  /** @returns when the last page was asked for: what was revoked since then may not be in it */
  async #readNewPages(): Promise<Instant> {
    const url = new URL(await this.#findEndpoint())
    let hasRestarted = false
    for (;;) {
      const askedAt = takeInstant()
      url.searchParams.set('after', String(this.#sequence))
      const { document, dateSeconds } = await fetchDocument(this.#settings, url.href)
      const page = parseFeedPage(document)
      if (this.#isOfAnotherPast(page)) {
        if (hasRestarted) throw new Error(SEVERAL_FEEDS)
        hasRestarted = true
        this.#enter(page.epoch)
        this.#sequence = 0
        continue
      }
      this.#keep(page, earlierOf(dateSeconds))
      if (!page.more) return askedAt
    }
  }

  /**
   * The issuer was restored, or its numbers went back: what we have seen of them says nothing about what comes. The
   * lines stay, because what was ended once stays ended.
   */
  #isOfAnotherPast({ epoch, lastSequence }: FeedPage): boolean {
    const isSame = epoch === this.#epoch && lastSequence >= this.#sequence
    return this.#sequence > 0 && !isSame
  }

  #enter(epoch: string): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#epochs += 1
  }

  #keep({ epoch, sequence, more, lines }: FeedPage, nowSeconds: number): void {
    if (more && sequence <= this.#sequence) {
      throw new Error('The revocation feed promises more, but does not move on')
    }
    for (const line of lines) this.#list.add(line, nowSeconds)
    this.#enter(epoch)
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#list.dropExpired(nowSeconds)
  }

  async #findEndpoint(): Promise<string> {
    const { revocationFeedEndpoint: endpoint } = await this.#issuer.metadata()
    this.#supported = endpoint !== undefined
    if (endpoint) return endpoint
    throw new Error(
      `${this.#settings.issuer} names no revocation_feed_endpoint, so nothing tells this API what was revoked. ` +
        "For an issuer that has none, say so: createGuard({ revocation: 'off' }); its JWTs are good until they expire",
    )
  }

  #warnOfAcceptance(): void {
    const { whenStale, issuer } = this.#settings
    if (this.#lastError === undefined || whenStale !== 'accept' || !this.#isStale()) return
    warnOnce(
      'OSTIARY_FEED',
      issuer,
      `the revocation feed of ${issuer} cannot be read, and revoked tokens pass, as whenStale: 'accept' wants it: ` +
        explain(this.#lastError),
    )
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const { pollSeconds } = this.#settings
    const seconds = this.#lastError ? Math.min(pollSeconds, RETRY_SECONDS) : pollSeconds
    this.#timer = setTimeout(() => this.#read(), seconds * 1000)
    this.#timer.unref()
  }
}

const SEVERAL_FEEDS =
  'The revocation feed starts anew from page to page: do several databases answer at its address?'

/** A clock that is ahead, here or at the issuer, must not forget a line before its time. */
function earlierOf(issuerSeconds: number | undefined): number {
  return Math.min(Date.now() / 1000, issuerSeconds ?? Number.POSITIVE_INFINITY)
}
