// Slows down whoever guesses: counts failures per key, and says when a key has had too many.

import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { sha256 } from './hash.ts'

export interface GuessLimiter {
  /** @returns seconds to wait when this key has failed too often, else undefined. */
  blockedFor(key: string): Promise<number | undefined>
  recordFailure(key: string): Promise<void>
}

/** @param limits failures allowed per window; the key is blocked until the window ends */
export function createGuessLimiter(limits: {
  failures: number
  windowSeconds: number
}): GuessLimiter {
  const limiter = new RateLimiterMemory({ points: limits.failures, duration: limits.windowSeconds })
  // Keys hold what strangers send: hashed, none takes more memory than another.
  return {
    async blockedFor(key) {
      const state = await limiter.get(sha256(key))
      if (state === null || state.consumedPoints < limits.failures) return undefined
      return Math.max(1, Math.ceil(state.msBeforeNext / 1000))
    },
    async recordFailure(key) {
      try {
        await limiter.consume(sha256(key))
      } catch (refusal) {
        // More failures than allowed is what we count, not an error.
        if (!(refusal instanceof RateLimiterRes)) throw refusal
      }
    },
  }
}
