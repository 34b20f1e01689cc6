// Asking the issuer about a token (RFC 7662): for tokens that are not JWTs, and for operations that insist.

import { hash } from 'node:crypto'
import { AccessToken } from './access-token.ts'
import { basicCredentials } from './api-credentials.ts'
import type { Claims } from './claims.ts'
import { fetchJson, isObject } from './documents.ts'
import type { Issuer } from './issuer.ts'
import { createLruMap } from './lru-map.ts'
import type { IntrospectionOptions, Settings } from './options.ts'
import { TokenError } from './token-error.ts'
import { readUsualClaims } from './usual-claims.ts'

const DEFAULT_CACHE_SECONDS = 5

type Answer =
  | { readonly active: true; readonly token: AccessToken }
  | { readonly active: false; readonly error: TokenError }

interface Remembered {
  readonly answer: Answer
  readonly untilMilliseconds: number
}

/** @throws TokenError token_inactive, token_type_wrong, issuer_mismatch, audience_mismatch, introspection_unavailable */
export type Introspect = (token: string) => Promise<AccessToken>

export function createIntrospection(
  options: IntrospectionOptions,
  settings: Settings,
  issuer: Issuer,
): Introspect {
  const remembered = createLruMap<Remembered>(settings.cacheSize)
  const underWay = new Map<string, Promise<Answer>>()
  const cacheMilliseconds = (options.cacheSeconds ?? DEFAULT_CACHE_SECONDS) * 1000

  async function ask(token: string, key: string): Promise<Answer> {
    const answer = readAnswer(await askIssuer(token), settings)
    remembered.set(key, { answer, untilMilliseconds: Date.now() + cacheMilliseconds })
    return answer
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

  function find(token: string): Answer | Promise<Answer> {
    const key = hash('sha256', token, 'base64url')
    const hit = remembered.get(key)
    if (hit && Date.now() < hit.untilMilliseconds) return hit.answer
    // Requests that arrive together with the same token share one call.
    let call = underWay.get(key)
    if (!call) {
      call = ask(token, key).finally(() => underWay.delete(key))
      underWay.set(key, call)
    }
    return call
  }

  return async (token) => {
    const answer = await find(token)
    if (!answer.active) throw answer.error
    return answer.token
  }
}

function readAnswer(claims: Claims, settings: Settings): Answer {
  try {
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
    return { active: true, token }
  } catch (error) {
    if (error instanceof TokenError) return { active: false, error }
    throw error
  }
}
