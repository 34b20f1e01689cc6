// For the tests of an API: an issuer inside the process, with keys, metadata, introspection and revocation feed,
// reached through its own `fetch`, so that no port is opened and no server is needed.

import type { ApiVersionSettings } from './api-versions.ts'
import type { GuardOptions } from './options.ts'
import type { ContractName } from './shapes/by-contract.ts'
import {
  answerRequest,
  INTROSPECTION_CREDENTIALS,
  type TestIssuerState,
} from './testing/endpoints.ts'
import { createMint, type Mint, type MintOptions, mintOpaque } from './testing/mint.ts'
import { TestRevocations } from './testing/revocations.ts'
import { MINT_SHAPES, type SigningKey } from './testing/shapes.ts'
import { type ReportedUse, ReportedUses } from './testing/version-uses.ts'

export { parseChallenge } from './testing/challenge.ts'
export type { Mint, MintOptions } from './testing/mint.ts'

export interface TestIssuerOptions {
  /** Default `https://issuer.test`. */
  readonly issuer?: string
  /** Default `https://api.test`. */
  readonly audience?: string
  /** Wire contract, which says what its tokens look like. Default `standard`. */
  readonly contract?: ContractName
  /** The versions of the API. Default: none are published. */
  readonly apiVersions?: ApiVersionSettings
}

export interface TestIssuer {
  readonly issuer: string
  readonly audience: string
  /** What `createGuard` needs to trust this issuer: `createGuard({ ...testIssuer.guardOptions })`. */
  readonly guardOptions: Required<
    Pick<GuardOptions, 'issuer' | 'audience' | 'contract' | 'fetch'>
  > &
    Pick<GuardOptions, 'introspection'>
  /** Credentials of the API at this issuer: part of `guardOptions` where the contract needs them. */
  readonly introspection: { readonly clientId: string; readonly clientSecret: string }
  readonly fetch: typeof fetch
  readonly mint: Mint
  /** A token that is no JWT and can only be introspected, for guards that take both. */
  mintOpaque(options?: MintOptions): string
  /** Ends the grant of a token. A guard learns it soon by itself, and at once by `guard.catchUp()`. */
  revoke(token: string): void
  /** Ends what the user or the app has until now. */
  revokeUser(userId: string): void
  revokeClient(clientId: string): void
  /** As after `ostiary restore`: later revocations than the first `revocations` are gone, all tokens from before void. */
  restore(options?: { readonly revocations?: number }): void
  /** Other versions of the API from now on. */
  publishVersions(apiVersions: ApiVersionSettings): void
  /** What it was told of the use of versions; a batch that came twice counts once. */
  versionUses(): readonly ReportedUse[]
  /** Signs with a new key from now on. */
  rotateKey(options?: { readonly withdrawOld?: boolean }): void
  /** Whether calls are answered. False: they fail as if the issuer were down. */
  reachable: boolean
  /** Every URL that was asked for. */
  readonly requests: readonly string[]
}

export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = 'https://issuer.test', audience = 'https://api.test' } = options
  const { contract = 'standard' } = options
  const shape = MINT_SHAPES[contract]
  const requests: string[] = []
  const state = newState({ issuer, shape, apiVersions: options.apiVersions })
  const { keys, tokens, revocations } = state
  const settings = {
    issuer,
    audience,
    shape,
    key: () => lastOf(keys),
    tagOf: (kind: 'client' | 'user', id: string) => revocations.tagOf(kind, id),
    remember: (token: string, claims: Record<string, unknown>) => void tokens.set(token, claims),
  }
  const needsCredentials = shape.jwt?.keys !== 'published'

  const testIssuer: TestIssuer = {
    issuer,
    audience,
    guardOptions: {
      issuer,
      audience,
      contract,
      fetch: (input, init) => testIssuer.fetch(input, init),
      ...(needsCredentials && { introspection: INTROSPECTION_CREDENTIALS }),
    },
    introspection: INTROSPECTION_CREDENTIALS,
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input)
      requests.push(url.href)
      return await whileReachable(testIssuer, () => answerRequest(state, url, init))
    },
    mint: createMint(settings),
    mintOpaque: (minted) => mintOpaque(settings, minted),
    revoke(token) {
      const claims = tokens.get(token)
      if (!claims)
        throw new Error('There is nothing to revoke: this issuer does not know the token')
      revocations.addGrant(String(claims.grant_id))
    },
    revokeUser: (userId) => revokeAll(state, 'user', userId),
    revokeClient: (clientId) => revokeAll(state, 'client', clientId),
    restore({ revocations: kept = 0 } = {}) {
      revocations.restore(kept)
      testIssuer.rotateKey({ withdrawOld: true })
    },
    publishVersions(apiVersions) {
      state.apiVersions = apiVersions
    },
    versionUses: () => state.reportedUses.list(),
    rotateKey({ withdrawOld = false } = {}) {
      if (withdrawOld) keys.length = 0
      if (shape.jwt) keys.push(shape.jwt.newKey())
    },
    reachable: true,
    requests,
  }
  return testIssuer
}

function revokeAll(
  { shape, tokens, revocations }: TestIssuerState,
  kind: 'client' | 'user',
  id: string,
): void {
  if (shape.jwt?.hasTags !== false) {
    revocations.addTagged(kind, id)
    return
  }
  // Tokens without tags are ended one by one.
  for (const { client_id, sub, grant_id } of tokens.values()) {
    if ((kind === 'client' ? client_id : sub) === id) revocations.addGrant(String(grant_id))
  }
}

async function whileReachable(
  issuer: Pick<TestIssuer, 'reachable'>,
  answer: () => Promise<Response>,
): Promise<Response> {
  const response = issuer.reachable ? await answer() : undefined
  // Some answers take a while.
  if (response !== undefined && issuer.reachable) return response
  throw new TypeError('fetch failed: the test issuer is unreachable')
}

function newState(
  from: Pick<TestIssuerState, 'issuer' | 'shape' | 'apiVersions'>,
): TestIssuerState {
  const { shape } = from
  return {
    ...from,
    keys: shape.jwt ? [shape.jwt.newKey()] : [],
    tokens: new Map(),
    revocations: new TestRevocations(),
    reportedUses: new ReportedUses(),
  }
}

function lastOf(keys: readonly SigningKey[]): SigningKey {
  const key = keys.at(-1)
  if (key) return key
  throw new Error('This issuer has no key: its tokens are opaque')
}
