// Follows the issuer's feed of revoked grants, apps and users, so that a JWT can be refused before it expires. Failures
// close: what may have been revoked unheard is not let in.

import { randomUUID } from 'node:crypto'
import type { AccessToken } from './access-token.ts'
import { basicCredentials } from './api-credentials.ts'
import { fetchDocument, StatusError } from './documents.ts'
import { type Instant, LONG_AGO, millisecondsSince, takeInstant } from './elapsed.ts'
import { explain } from './explain.ts'
import { FeedPace } from './feed-pace.ts'
import { FeedFormatError, type FeedPage, parseFeedPage } from './feed-page.ts'
import type { Issuer } from './issuer.ts'
import type { Settings } from './options.ts'
import { withoutKeepingAlive } from './quiet-requests.ts'
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
const RETRY_MILLISECONDS = 2000
/** What has not come so long after it was to come at the latest, is not waited for. */
const LATE_SECONDS = 5

/** One at a time. What is abandoned changes nothing any more. */
interface Reading {
  /** How long its first request is held by the issuer; 0 when it is answered at once. */
  readonly waitSeconds: number
  readonly startedAt: Instant
  readonly abandoned: AbortController
  done: Promise<void>
}

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
  #reading: Reading | undefined
  readonly #pace: FeedPace
  #timer: NodeJS.Timeout | undefined
  /** The next request is answered at once, because the one before was not. */
  #asksPlainly = false
  /** Of this guard, for an issuer that waits for its followers; undefined when it wants to know none. */
  #name: string | undefined
  #closed = false

  constructor(settings: Settings, issuer: Issuer, list = new RevocationList()) {
    this.#settings = settings
    this.#list = list
    this.#issuer = issuer
    this.#pace = new FeedPace(settings.pollSeconds)
    this.#name = settings.introspection && randomUUID()
    this.#overdueMilliseconds = Math.max(settings.pollSeconds * 5, 10) * 1000
  }

  /** How many were seen: each restore of the issuer begins one. */
  get epochs(): number {
    return this.#epochs
  }

  /** A reading to wait for before a token is judged; undefined when there was a try lately. */
  refresh(now: Instant): Promise<void> | undefined {
    return this.#isOverdue(now) ? this.#readNow() : undefined
  }

  #isOverdue(now: Instant): boolean {
    const reading = this.#reading
    // The answer to a request that is held is late when it has not come by the time that it was asked for.
    return reading !== undefined && reading.waitSeconds > 0
      ? millisecondsSince(reading.startedAt, now) > (reading.waitSeconds + LATE_SECONDS) * 1000
      : millisecondsSince(this.#lastTry, now) > this.#overdueMilliseconds
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
    if (this.#reading?.waitSeconds === 0) await this.#reading.done
    await this.#readNow()
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
    if (this.#reading?.waitSeconds !== 0) this.#abandon()
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

  /** What is held is left for it: it may be over already without our knowing, as after a sleep of the machine. */
  #readNow(): Promise<void> {
    if (this.#reading?.waitSeconds === 0) return this.#reading.done
    this.#abandon()
    return this.#read(0)
  }

  #read(waitSeconds: number): Promise<void> {
    clearTimeout(this.#timer)
    const abandoned = new AbortController()
    const reading = { waitSeconds, startedAt: takeInstant(), abandoned, done: Promise.resolve() }
    this.#reading = reading
    reading.done = this.#readAndSchedule(reading)
    return reading.done
  }

  #abandon(): void {
    this.#reading?.abandoned.abort()
    this.#reading = undefined
  }

  async #readAndSchedule(reading: Reading): Promise<void> {
    const { waitSeconds, startedAt: at } = reading
    const before = this.#sequence
    let pauseMilliseconds: number
    try {
      const readAt = await this.#readNewPages(reading)
      if (reading.abandoned.signal.aborted) return
      this.#lastRead = readAt
      this.#lastError = undefined
      const broughtNews = this.#sequence !== before
      const milliseconds = millisecondsSince(at)
      pauseMilliseconds = this.#pace.answered({ waitSeconds, milliseconds, broughtNews })
    } catch (error) {
      if (reading.abandoned.signal.aborted) return
      pauseMilliseconds = this.#fail(error, reading)
    }
    this.#reading = undefined
    this.#lastTry = takeInstant()
    this.#warnOfAcceptance()
    this.#schedule(pauseMilliseconds)
  }

  /** @returns after how many milliseconds to try again */
  #fail(error: unknown, { waitSeconds, startedAt }: Reading): number {
    const isOfFormat = error instanceof FeedFormatError
    // Something on the way may not let a request be silent: whether the issuer is away, the next one tells.
    if (waitSeconds > 0 && !isOfFormat) {
      if (error instanceof StatusError && UNWANTED.has(error.status)) this.#stayUnnamed(error)
      this.#asksPlainly = true
      return this.#pace.cut({ waitSeconds, milliseconds: millisecondsSince(startedAt) })
    }
    this.#lastError = error
    this.#issuer.doubt()
    this.#settings.onFeedError?.(error)
    return Math.min(this.#pace.pollMilliseconds, RETRY_MILLISECONDS)
  }

  /** What is not known as an API is told of revocations all the same, but nobody waits until it was. */
  #stayUnnamed(error: StatusError): void {
    this.#name = undefined
    warnOnce(
      'OSTIARY_FEED',
      this.#settings.issuer,
      `the issuer does not take the credentials of this API, so it waits for no confirmation of it: ${error.message}`,
    )
  }

  /** @returns when the last page was asked for: what was revoked since then may not be in it */
  async #readNewPages(reading: Reading): Promise<Instant> {
    const url = new URL(await this.#findEndpoint())
    let { waitSeconds } = reading
    let hasRestarted = false
    for (;;) {
      const askedAt = takeInstant()
      url.searchParams.set('after', String(this.#sequence))
      setOptional(url, 'wait', waitSeconds > 0 ? String(waitSeconds) : undefined)
      setOptional(url, 'follower', waitSeconds > 0 ? this.#name : undefined)
      const { document, dateSeconds } = await this.#fetch(url.href, waitSeconds, reading)
      reading.abandoned.signal.throwIfAborted()
      waitSeconds = 0
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

  #fetch(url: string, waitSeconds: number, { abandoned: { signal } }: Reading) {
    const timeoutSeconds = this.#settings.timeoutSeconds + waitSeconds
    const settings = { ...this.#settings, timeoutSeconds }
    const overtime = AbortSignal.timeout(timeoutSeconds * 1000)
    const { introspection } = settings
    const headers: Record<string, string> =
      waitSeconds > 0 && this.#name !== undefined && introspection
        ? { authorization: basicCredentials(introspection) }
        : {}
    const fetched = () =>
      fetchDocument(settings, url, { headers, signal: AbortSignal.any([signal, overtime]) })
    return waitSeconds === 0 ? fetched() : withoutKeepingAlive(url, fetched)
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

  #schedule(pauseMilliseconds: number): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => this.#follow(), pauseMilliseconds)
    // What waits for nothing but the next request needs no process.
    this.#timer.unref()
  }

  #follow(): void {
    const isHeld = this.#lastError === undefined && !this.#asksPlainly
    this.#asksPlainly = false
    void this.#read(isHeld ? this.#pace.waitSeconds : 0)
  }
}

/** What an issuer says to credentials that are wrong, or not those of an API. */
const UNWANTED: ReadonlySet<number> = new Set([400, 401, 403])

function setOptional(url: URL, parameter: string, value: string | undefined): void {
  if (value === undefined) url.searchParams.delete(parameter)
  else url.searchParams.set(parameter, value)
}

const SEVERAL_FEEDS =
  'The revocation feed starts anew from page to page: do several databases answer at its address?'

/** A clock that is ahead, here or at the issuer, must not forget a line before its time. */
function earlierOf(issuerSeconds: number | undefined): number {
  return Math.min(Date.now() / 1000, issuerSeconds ?? Number.POSITIVE_INFINITY)
}
