// What the SDK costs an API for each call, beside the bare check of a signature. In one process, one call after the
// other, as a handler that awaits it sees it.

import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose'
import { createGuard } from '../../packages/resource/src/index.ts'
import type { SdkSource } from '../subjects/subject.ts'
import { type FeedCosts, measureFeed } from './feed-costs.ts'

export interface SdkInput {
  readonly source: SdkSource
  /** Enough that each is seen once. */
  readonly jwts: readonly string[]
  readonly opaque: string
}

/** Microseconds for each call. */
export interface SdkCosts extends FeedCosts {
  /** `crypto.verify` in line, with the key at hand and nothing else. */
  readonly bareVerify: number
  /** `crypto.verify` on the thread pool. */
  readonly bareVerifyOnPool: number
  readonly joseVerify: number
  readonly jwtCold: number
  readonly jwtWarm: number
  readonly opaqueCached: number
}

type Check = (token: string) => Promise<unknown> | undefined

export async function measureSdk({ source, jwts, opaque }: SdkInput): Promise<SdkCosts> {
  const { keys } = (await (await fetch(`${source.jwtIssuer}/jwks`)).json()) as {
    keys: JWK[]
  }
  const [key] = keys
  if (!key) throw new Error('the issuer has no keys')
  const bare = bareChecks(createPublicKey({ key, format: 'jwk' }))
  const keySet = createLocalJWKSet({ keys })
  const { jwtIssuer: issuer, audience, opaqueIssuer, clientId, clientSecret } = source
  const guard = createGuard({ issuer, audience })
  const introspection = { clientId, clientSecret }
  const opaqueGuard = createGuard({ issuer: opaqueIssuer, audience, introspection })
  const half = Math.floor(jwts.length / 2)
  const [first = [], second = []] = [jwts.slice(0, half), jwts.slice(half)]
  const warm = Array.from({ length: 200_000 }, (_, index) => first[index % 1000] ?? '')
  try {
    // Half of the tokens only warm the code up; none of them is seen twice where that matters.
    const jwtCheck = checkWith(guard)
    await time(jwtCheck, first)
    await time(bare.inLine, first)
    await time(bare.onPool, first)
    const jose: Check = (token) => jwtVerify(token, keySet, { issuer, audience })
    await time(jose, first)
    const opaqueCheck = checkWith(opaqueGuard)
    await time(opaqueCheck, [opaque])
    return {
      bareVerify: await time(bare.inLine, second),
      bareVerifyOnPool: await time(bare.onPool, second),
      joseVerify: await time(jose, second),
      jwtCold: await time(jwtCheck, second),
      jwtWarm: await time(jwtCheck, warm),
      opaqueCached: await time(
        opaqueCheck,
        warm.map(() => opaque),
      ),
      ...measureFeed(),
    }
  } finally {
    await guard.close()
    await opaqueGuard.close()
  }
}

function checkWith(guard: ReturnType<typeof createGuard>): Check {
  const requirements = { scopes: ['contacts:read'] }
  return async (token) => {
    const verdict = await guard.authorize(
      { authorization: `Bearer ${token}`, url: '/' },
      requirements,
      undefined,
    )
    if (!verdict.ok) throw verdict.error
  }
}

function bareChecks(key: KeyObject): { inLine: Check; onPool: Check } {
  const spec = { key, dsaEncoding: 'ieee-p1363' } as const
  const parts = (token: string) => {
    const dot = token.lastIndexOf('.')
    return [
      Buffer.from(token.slice(0, dot)),
      Buffer.from(token.slice(dot + 1), 'base64url'),
    ] as const
  }
  return {
    inLine(token) {
      const [data, signature] = parts(token)
      if (!verify('sha256', data, spec, signature)) throw new Error('a wrong signature')
      return undefined
    },
    onPool: (token) =>
      new Promise((resolve, reject) => {
        const [data, signature] = parts(token)
        verify('sha256', data, spec, signature, (error, good) =>
          good ? resolve(undefined) : reject(error ?? new Error('a wrong signature')),
        )
      }),
  }
}

/** @returns microseconds for each call */
async function time(check: Check, tokens: readonly string[]): Promise<number> {
  const beginning = performance.now()
  for (const token of tokens) await check(token)
  return ((performance.now() - beginning) * 1000) / tokens.length
}
