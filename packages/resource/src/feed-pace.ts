// How the feed is followed: by requests that the issuer holds until there is news, and by polling where it does not, or
// where something on the way cuts them.

import { LONG_AGO, millisecondsSince, takeInstant } from './elapsed.ts'

/** Shorter than what proxies and load balancers allow to be silent by themselves. */
const LONGEST_WAIT_SECONDS = 20
/** What cannot be held for so long is no better than polling. */
const LEAST_WAIT_SECONDS = 2
/** After that it is tried again. */
const AVOIDED_MILLISECONDS = 600_000
/** A flood of news is read in parts: more requests would bring nothing sooner. */
const LEAST_MILLISECONDS = 50
/** All guards of an issuer that restarts come back, and not in the same moment. */
const JITTER_MILLISECONDS = 500

/** A request for the feed that is over. */
export interface Asked {
  /** For how long it was to be held. */
  readonly waitSeconds: number
  /** How long it lasted. */
  readonly milliseconds: number
}

export class FeedPace {
  readonly #pollMilliseconds: number
  #waitSeconds = LONGEST_WAIT_SECONDS
  /** Answers in a row that came before their time and brought nothing. */
  #early = 0
  /** Requests in a row that failed while they were held. */
  #failures = 0
  #lastCut = LONG_AGO

  constructor(pollSeconds: number) {
    this.#pollMilliseconds = pollSeconds * 1000
  }

  /** For how long the next request may be held; 0 when it is better not to ask for it. */
  get waitSeconds(): number {
    if (this.#waitSeconds < LONGEST_WAIT_SECONDS && this.#isForgotten()) {
      this.#waitSeconds = LONGEST_WAIT_SECONDS
      this.#failures = 0
    }
    return this.#waitSeconds
  }

  get pollMilliseconds(): number {
    return this.#pollMilliseconds
  }

  /** @returns after how many milliseconds to ask again */
  answered({ waitSeconds, milliseconds, broughtNews }: Asked & { broughtNews: boolean }): number {
    if (waitSeconds === 0) return this.#waitSeconds === 0 ? this.#pollMilliseconds : 0
    this.#failures = 0
    if (broughtNews || milliseconds > waitSeconds * 900) {
      this.#early = 0
      return Math.max(0, LEAST_MILLISECONDS - milliseconds)
    }
    // It may be about to restart. One that comes early again does not hold, or has no place left.
    this.#early += 1
    return this.#early > 1 ? this.#pollMilliseconds : Math.min(jitter(), this.#pollMilliseconds)
  }

  /**
   * A request failed that was to be held. Once is no reason to avoid it, for issuers restart.
   * @returns after how many milliseconds to ask again, without being held
   */
  cut({ waitSeconds, milliseconds }: Asked): number {
    this.#failures += 1
    if (this.#failures > 1) {
      const half = Math.floor(Math.min(milliseconds / 1000, waitSeconds) / 2)
      this.#waitSeconds = half < LEAST_WAIT_SECONDS ? 0 : half
      this.#lastCut = takeInstant()
    }
    return Math.min(jitter(), this.#pollMilliseconds)
  }

  #isForgotten(): boolean {
    return millisecondsSince(this.#lastCut) > AVOIDED_MILLISECONDS
  }
}

function jitter(): number {
  return Math.random() * JITTER_MILLISECONDS
}
