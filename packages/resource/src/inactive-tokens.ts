// Tokens that the issuer called inactive, in a memory of their own: what is inactive stays so in this process, whatever
// an older answer on its way or another path says, and made-up tokens push no good one out of a cache.

import { createLruMap } from './lru-map.ts'
import type { TokenError } from './token-error.ts'

export interface InactiveTokens {
  add(key: string, error: TokenError): void
  /** @throws TokenError that says why */
  refuse(key: string): void
}

export function createInactiveTokens(capacity: number): InactiveTokens {
  const errors = createLruMap<TokenError>(capacity)
  return {
    add: (key, error) => errors.set(key, error),
    refuse(key) {
      const error = errors.get(key)
      if (error) throw error
    },
  }
}
