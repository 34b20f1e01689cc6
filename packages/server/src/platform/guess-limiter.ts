// Slows down whoever guesses: counts failures per key, for all processes together, and says when a key has had too
// many. A failure costs a write; a success nothing, because the list of who is blocked is short and kept fresh.

import type { TokenHash } from '../protocol/ids.ts'
import type { Clock } from './clock.ts'
import { keepFresh } from './fresh.ts'
import { sha256 } from './hash.ts'

export interface GuessLimiter {
  /** @returns seconds to wait when this key has failed too often, else undefined. */
  blockedFor(key: string): Promise<number | undefined>
  recordFailure(key: string): Promise<void>
}

/** Where failures are counted. */
export interface GuessCounts {
  recordFailedGuess(guess: {
    readonly purpose: string
    readonly hash: TokenHash
    readonly nowSeconds: number
    readonly windowEndsAtSeconds: number
  }): Promise<number>
  listBlockedGuesses(limit: {
    readonly purpose: string
    readonly failures: number
    readonly nowSeconds: number
  }): Promise<readonly { readonly hash: TokenHash; readonly windowEndsAtSeconds: number }[]>
}

export interface GuessLimits {
  /** Counts of its own. */
  readonly purpose: string
  /** Allowed per window; the key is blocked until the window ends. */
  readonly failures: number
  readonly windowSeconds: number
}

export function createGuessLimiter(
  { purpose, failures, windowSeconds }: GuessLimits,
  { store, clock }: { readonly store: GuessCounts; readonly clock: Clock },
): GuessLimiter {
  const blocked = keepFresh(
    async () => {
      const limit = { purpose, failures, nowSeconds: clock.nowSeconds() }
      const list = await store.listBlockedGuesses(limit)
      return new Map(list.map(({ hash, windowEndsAtSeconds }) => [hash, windowEndsAtSeconds]))
    },
    { clock },
  )
  // Keys hold what strangers send: hashed, none takes more room than another.
  return {
    async blockedFor(key) {
      const untilSeconds = await blocked.get()
      if (untilSeconds.size === 0) return undefined
      const seconds = (untilSeconds.get(sha256(key)) ?? 0) - clock.nowSeconds()
      return seconds > 0 ? seconds : undefined
    },
    async recordFailure(key) {
      const nowSeconds = clock.nowSeconds()
      const counted = await store.recordFailedGuess({
        ...{ purpose, hash: sha256(key), nowSeconds },
        windowEndsAtSeconds: nowSeconds + windowSeconds,
      })
      // Here at once, elsewhere as soon as the list is read again.
      if (counted >= failures) blocked.forget()
    },
  }
}
