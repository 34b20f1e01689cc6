// Asking the issuer about a token (RFC 7662): for tokens that are not JWTs, and for operations that insist.

import { AccessToken } from './access-token.ts'
import { basicCredentials } from './api-credentials.ts'
import type { Claims } from './claims.ts'
import { fetchJson, isObject } from './documents.ts'
import { type Instant, millisecondsSince, takeInstant } from './elapsed.ts'
import type { InactiveTokens } from './inactive-tokens.ts'
import type { Issuer } from './issuer.ts'
import { createLruMap } from './lru-map.ts'
import type { IntrospectionOptions, Settings } from './options.ts'
import { TokenError } from './token-error.ts'
import { readUsualClaims } from './usual-claims.ts'

const DEFAULT_CACHE_SECONDS = 5

interface Answer {
  readonly token: AccessToken
  readonly askedAt: Instant
}

export interface Introspection {
  /** A good answer of a moment ago, as far as the feed leaves it. `key`: a hash of the token. */
  recall(key: string, now: Instant): AccessToken | undefined
  /** The issuer's answer; requests that arrive together with the same token share one. @throws TokenError */
  find(token: string, key: string): Promise<AccessToken>
  /**
   * The issuer's answer of now: neither a remembered one nor that to a question which was under way.
   * @throws TokenError token_inactive, token_type_wrong, issuer_mismatch, audience_mismatch, introspection_unavailable
   */
  ask(token: string, key: string): Promise<AccessToken>
}

export function createIntrospection(
  options: IntrospectionOptions,
  context: { readonly settings: Settings; readonly issuer: Issuer },
  inactive: InactiveTokens,
): Introspection {
  const { settings, issuer } = context
  const active = createLruMap<Answer>(settings.cacheSize)
  const underWay = new Map<string, Promise<AccessToken>>()
  const cacheMilliseconds = (options.cacheSeconds ?? DEFAULT_CACHE_SECONDS) * 1000

  async function ask(text: string, key: string): Promise<AccessToken> {
    inactive.refuse(key)
    const askedAt = takeInstant()
    const claims = await askIssuer(text)
    try {
      const token = readAnswer(claims, settings)
      active.set(key, { token, askedAt })
      return token
    } catch (error) {
      if (error instanceof TokenError) inactive.add(key, error)
      throw error
    }
  }

  /** Whatever goes wrong on the way, the token is not accepted: a time-out is no "yes". */
  async function askIssuer(token: string): Promise<Claims> {
    try {
      const { introspectionEndpoint } = await issuer.metadata()
      if (!introspectionEndpoint) throw new Error(`${settings.issuer} offers no introspection`)
      const claims = await fetchJson(settings, introspectionEndpoint, {
        method: 'POST',
        headers: { authorization: basicCredentials(options) },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      })
      if (!isObject(claims))
        throw new Error(`${introspectionEndpoint} answered with no JSON object`)
      return claims
    } catch (cause) {
      throw new TokenError('introspection_unavailable', { cause })
    }
  }

  return {
    ask,
    recall(key, now) {
      const hit = active.get(key)
      const isFresh = hit && millisecondsSince(hit.askedAt, now) < cacheMilliseconds
      return isFresh ? hit.token : undefined
    },
    find(token, key) {
      let call = underWay.get(key)
      if (!call) {
        call = ask(token, key).finally(() => underWay.delete(key))
        underWay.set(key, call)
      }
      return call
    },
  }
}

/** @throws TokenError token_inactive, token_type_wrong, issuer_mismatch, audience_mismatch, claims_invalid */
function readAnswer(claims: Claims, settings: Settings): AccessToken {
  // RFC 7662 §2.2: a boolean; anything but true is a no.
  if (claims.active !== true) throw new TokenError('token_inactive')
  // RFC 7662 §2.2: the issuer knows refresh tokens too, and they are no key to an API.
  if (String(claims.token_type).toLowerCase() !== 'bearer') {
    throw new TokenError('token_type_wrong', { detail: 'token_type is not Bearer' })
  }
  if (claims.iss !== undefined && claims.iss !== settings.issuer) {
    throw new TokenError('issuer_mismatch', { detail: `iss is ${JSON.stringify(claims.iss)}` })
  }
  const token = new AccessToken(readUsualClaims(claims, settings))
  if (claims.cnf !== undefined) throw new TokenError('token_sender_constrained')
  return token
}
