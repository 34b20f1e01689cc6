// Owns the public keys of trusted issuers: pinned, or fetched from the one address that an operator gave, and kept
// for a while. No JWT has a say in where they come from (RFC 8725 §3.10).

import {
  type CompactVerifyGetKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
} from 'jose'
import type { Clock } from '../platform/clock.ts'
import { isLoopback } from '../protocol/redirect-uri.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { TrustedIssuerRecord } from '../store/records.ts'

/** The issuer's keys cannot be had at the moment: nobody can tell whether its JWTs are good. */
export class IssuerKeysUnavailableError extends Error {
  override readonly name = 'IssuerKeysUnavailableError'
}

export interface IssuerKeys {
  /** Picks the key that a JWT names. @throws IssuerKeysUnavailableError, when it is asked to */
  keysOf(issuer: TrustedIssuerRecord): CompactVerifyGetKey
}

/** A request that needs them has little more. */
const TIMEOUT_MS = 1500
const MAX_BYTES = 64 * 1024
const MAX_AGE_MS = 10 * 60_000
/** A key that is not known may be a new one: so often the issuer is asked again. */
const UNKNOWN_KEY_HOLD_OFF_MS = 30_000
const FAILURE_HOLD_OFF_SECONDS = 10

export function createIssuerKeys(deps: {
  readonly tenant: Tenant
  readonly clock: Clock
}): IssuerKeys {
  const known = new Map<string, { source: string; keys: CompactVerifyGetKey }>()
  return {
    keysOf({ id, jwksUri, pinnedKeys }) {
      const source = jwksUri ?? pinnedKeys ?? '{"keys":[]}'
      const before = known.get(id)
      if (before?.source === source) return before.keys
      const keys =
        jwksUri === null ? createLocalJWKSet(JSON.parse(source)) : fetchedKeys(jwksUri, deps)
      known.set(id, { source, keys })
      return keys
    },
  }
}

/** RFC 8414 §2: over https; without it on this machine only, and only where we ourselves have none. */
export function mayBeFetched(uri: string, { issuer }: Pick<Tenant, 'issuer'>): boolean {
  if (!URL.canParse(uri)) return false
  if (new URL(uri).protocol === 'https:') return true
  return issuer.startsWith('http:') && isLoopback(uri)
}

function fetchedKeys(
  uri: string,
  { tenant, clock }: { tenant: Tenant; clock: Clock },
): CompactVerifyGetKey {
  if (!mayBeFetched(uri, tenant)) {
    return async () => {
      throw new IssuerKeysUnavailableError(`${uri} is not https`)
    }
  }
  return createRemoteJWKSet(new URL(uri), {
    timeoutDuration: TIMEOUT_MS,
    cacheMaxAge: MAX_AGE_MS,
    cooldownDuration: UNKNOWN_KEY_HOLD_OFF_MS,
    [customFetch]: heldOffAfterFailure(fetchBounded, clock),
  })
}

/** An issuer that does not answer is not asked by every request that comes in meanwhile. */
function heldOffAfterFailure(fetchKeys: FetchImplementation, clock: Clock): FetchImplementation {
  let failure: { readonly atSeconds: number; readonly cause: unknown } | undefined
  return async (url, options) => {
    const now = clock.nowSeconds()
    if (failure && now < failure.atSeconds + FAILURE_HOLD_OFF_SECONDS) {
      throw new IssuerKeysUnavailableError('it was asked a moment ago', { cause: failure.cause })
    }
    try {
      const response = await fetchKeys(url, options)
      failure = undefined
      return response
    } catch (cause) {
      failure = { atSeconds: now, cause }
      throw new IssuerKeysUnavailableError(`${url} gave no keys`, { cause })
    }
  }
}

/** Redirects are not followed: jose asks for that, and whatever is not 200 is no answer. */
async function fetchBounded(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`status ${response.status}`)
  }
  const text = await readBounded(response)
  // Throws when it is no JWK set: then the issuer has failed, not the JWT.
  createLocalJWKSet(JSON.parse(text))
  return new Response(text)
}

async function readBounded({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`)
    parts.push(part)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
}
