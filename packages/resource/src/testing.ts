// For the tests of an API: an issuer inside the process, with keys, metadata, introspection and revocation feed,
// reached through its own `fetch`, so that no port is opened and no server is needed.

import { randomUUID } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { metadataUrl } from './issuer.ts'
import type { GuardOptions } from './options.ts'
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

const INTROSPECTION_CREDENTIALS = { clientId: 'test:api', clientSecret: 'secret%+ of:é' }

export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = 'https://issuer.test', audience = 'https://api.test' } = options
  const keys = [newSigningKey()]
  const opaqueTokens = new Map<string, Record<string, unknown>>()
  const revokedGrants = new Set<string>()
  const revocations = new TestRevocations()
  const requests: string[] = []
  const settings = { issuer, audience, key: () => keys.at(-1) ?? newSigningKey() }

  const answers: Readonly<Record<string, (url: URL, init: RequestInit) => unknown>> = {
    [metadataUrl(issuer)]: () => ({
      issuer,
      jwks_uri: `${issuer}/jwks`,
      introspection_endpoint: `${issuer}/introspect`,
      revocation_feed_endpoint: `${issuer}/revocations`,
    }),
    [`${issuer}/jwks`]: () => ({ keys: keys.map(({ publicJwk }) => publicJwk) }),
    [`${issuer}/revocations`]: (url) =>
      revocations.pageAfter(Number(url.searchParams.get('after') ?? 0)),
    [`${issuer}/introspect`]: (_url, init) =>
      isOurs(init) ? introspect(new URLSearchParams(String(init.body)).get('token') ?? '') : 401,
  }

  async function introspect(token: string): Promise<object> {
    const claims = opaqueTokens.get(token) ?? (await readOwnJwt(token))
    const isActive = claims !== undefined && !revokedGrants.has(String(claims.grant_id))
    return isActive ? { active: true, ...claims } : { active: false }
  }

  function readOwnJwt(token: string): Promise<Record<string, unknown> | undefined> {
    const ownKeys = createLocalJWKSet({ keys: keys.map(({ publicJwk }) => publicJwk) })
    return jwtVerify(token, ownKeys).then(
      ({ payload }) => payload,
      () => undefined,
    )
  }

  const testIssuer: TestIssuer = {
    issuer,
    audience,
    guardOptions: { issuer, audience, fetch: (input, init) => testIssuer.fetch(input, init) },
    introspection: INTROSPECTION_CREDENTIALS,
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input)
      requests.push(url.href)
      if (!testIssuer.reachable) throw new TypeError('fetch failed: the test issuer is unreachable')
      const answer = (await answers[url.origin + url.pathname]?.(url, init)) ?? 404
      return typeof answer === 'number'
        ? Response.json({ error: 'refused' }, { status: answer })
        : Response.json(answer)
    },
    mint: createMint(settings),
    mintOpaque(minted) {
      const token = `opaque_${randomUUID()}`
      opaqueTokens.set(token, toClaims(settings, minted))
      return token
    },
    revoke(token) {
      const grantId = String((opaqueTokens.get(token) ?? decodeJwt(token)).grant_id)
      revokedGrants.add(grantId)
      revocations.add('grant', grantId)
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

function isOurs(init: RequestInit): boolean {
  const sent = new Headers(init.headers).get('authorization') ?? ''
  const pair = Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString()
  const { clientId, clientSecret } = INTROSPECTION_CREDENTIALS
  // RFC 6749 §2.3.1: both halves arrive form-encoded, so the colon between them is the only one.
  const fields = new URLSearchParams(`id=${pair.replace(':', '&secret=')}`)
  return fields.get('id') === clientId && fields.get('secret') === clientSecret
}
