// For the tests of an API: an issuer inside the process, with keys, metadata, introspection and revocation feed,
// reached through its own `fetch`, so that no port is opened and no server is needed.

import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { GuardOptions } from './options.ts'
import {
  answerRequest,
  INTROSPECTION_CREDENTIALS,
  type TestIssuerState,
} from './testing/endpoints.ts'
import { createMint, type Mint, type MintOptions, newSigningKey, toClaims } from './testing/mint.ts'
import { TestRevocations } from './testing/revocations.ts'

export { parseChallenge } from './testing/challenge.ts'
export type { Mint, MintOptions } from './testing/mint.ts'

export interface TestIssuerOptions {
  /** Default `https://issuer.test`. */
  readonly issuer?: string
  /** Default `https://api.test`. */
  readonly audience?: string
}

export interface TestIssuer {
  readonly issuer: string
  readonly audience: string
  /** What `createGuard` needs to trust this issuer: `createGuard({ ...testIssuer.guardOptions })`. */
  readonly guardOptions: Required<Pick<GuardOptions, 'issuer' | 'audience' | 'fetch'>>
  /** Credentials that its introspection endpoint accepts. */
  readonly introspection: { readonly clientId: string; readonly clientSecret: string }
  readonly fetch: typeof fetch
  readonly mint: Mint
  /** A token that is no JWT and can only be introspected. */
  mintOpaque(options?: MintOptions): string
  /** Ends the grant of a token. A guard learns it at its next poll, or at once by `guard.catchUp()`. */
  revoke(token: string): void
  revokeUser(userId: string): void
  revokeClient(clientId: string): void
  /** Signs with a new key from now on. */
  rotateKey(options?: { readonly withdrawOld?: boolean }): void
  /** Whether calls are answered. False: they fail as if the issuer were down. */
  reachable: boolean
  /** Every URL that was asked for. */
  readonly requests: readonly string[]
}

export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = 'https://issuer.test', audience = 'https://api.test' } = options
  const requests: string[] = []
  const revocations = new TestRevocations()
  const keys = [newSigningKey()]
  const state: TestIssuerState = { issuer, keys, opaqueTokens: new Map(), revocations }
  const settings = { issuer, audience, key: () => keys.at(-1) ?? newSigningKey() }

  const testIssuer: TestIssuer = {
    issuer,
    audience,
    guardOptions: { issuer, audience, fetch: (input, init) => testIssuer.fetch(input, init) },
    introspection: INTROSPECTION_CREDENTIALS,
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input)
      requests.push(url.href)
      if (!testIssuer.reachable) throw new TypeError('fetch failed: the test issuer is unreachable')
      return await answerRequest(state, url, init)
    },
    mint: createMint(settings),
    mintOpaque(minted) {
      const token = `opaque_${randomUUID()}`
      state.opaqueTokens.set(token, toClaims(settings, minted))
      return token
    },
    revoke(token) {
      const claims = state.opaqueTokens.get(token) ?? decodeJwt(token)
      revocations.add('grant', String(claims.grant_id))
    },
    revokeUser: (userId) => revocations.add('user', userId),
    revokeClient: (clientId) => revocations.add('client', clientId),
    rotateKey({ withdrawOld = false } = {}) {
      if (withdrawOld) keys.length = 0
      keys.push(newSigningKey())
    },
    reachable: true,
    requests,
  }
  return testIssuer
}
