// Tells whether a token is good now: finds out what kind it is, who can read it, and whether it has expired or was
// revoked. Knows nothing of HTTP, nor of what an operation asks for.

import type { AccessToken } from './access-token.ts'
import type { FindKey } from './compact-jws.ts'
import { createIntrospection } from './introspection.ts'
import type { Issuer } from './issuer.ts'
import { createJwtVerifier } from './jwt-verifier.ts'
import type { Settings } from './options.ts'
import { createPublishedKeys } from './published-keys.ts'
import { type FeedStatus, RevocationFeed } from './revocation-feed.ts'
import { createSecretKeys } from './secret-keys.ts'
import { TokenError } from './token-error.ts'

export interface GuardStatus {
  readonly feed: FeedStatus
  /** Verified tokens in memory. */
  readonly cachedTokens: number
}

export interface TokenChecker {
  /** `introspect`: the issuer is asked, whatever the token looks like. @throws TokenError */
  check(text: string, introspect: boolean): Promise<AccessToken>
  catchUp(): Promise<void>
  status(): GuardStatus
  close(): void
}

export function createTokenChecker(settings: Settings, issuer: Issuer): TokenChecker {
  const { introspection: credentials, shape } = settings
  const jwts =
    shape.jwt && createJwtVerifier(shape.jwt, settings, createKeyFinder(settings, issuer))
  const feed = settings.revocation === 'feed' ? new RevocationFeed(settings, issuer) : undefined
  const introspection = credentials && createIntrospection(credentials, settings, issuer)

  async function identify(text: string, introspect: boolean): Promise<AccessToken> {
    const isJwt = jwts !== undefined && text.split('.', 4).length === 3
    if (isJwt && !introspect) return await jwts.verify(text)
    if (!isJwt && shape.opaque?.test(text) === false) throw new TokenError('token_malformed')
    if (introspection && (isJwt || shape.opaque)) return await introspection(text)
    throw new TokenError('token_opaque', { detail: WHY_NOT_OPAQUE })
  }

  return {
    async check(text, introspect) {
      const token = await identify(text, introspect)
      // What follows changes with time, so it is asked of remembered tokens as well.
      if (token.expiresAtSeconds <= Date.now() / 1000 - settings.clockToleranceSeconds) {
        throw new TokenError('token_expired')
      }
      await feed?.ensureCurrent()
      if (feed?.isRevoked(token)) throw new TokenError('token_revoked')
      return token
    },
    async catchUp() {
      await feed?.catchUp()
    },
    status: () => ({ feed: feed?.status() ?? FEED_OFF, cachedTokens: jwts?.size ?? 0 }),
    close: () => feed?.close(),
  }
}

function createKeyFinder(settings: Settings, issuer: Issuer): FindKey {
  const { introspection: credentials, shape } = settings
  return shape.jwt?.keys === 'secret' && credentials
    ? createSecretKeys(credentials, settings, issuer)
    : createPublishedKeys(settings, issuer)
}

const WHY_NOT_OPAQUE =
  'not a JWT; where the contract knows others, createGuard({ introspection }) lets the issuer be asked about them'

const FEED_OFF: FeedStatus = {
  state: 'off',
  sequence: 0,
  entries: 0,
  lastReadAtSeconds: undefined,
  lastError: undefined,
}
