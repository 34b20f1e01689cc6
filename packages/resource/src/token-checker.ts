// Tells whether a token is good now: finds out what kind it is, who can read it, and whether it has expired or was
// revoked. Knows nothing of HTTP, nor of what an operation asks for.

import { hash } from 'node:crypto'
import type { AccessToken } from './access-token.ts'
import type { FindKey } from './compact-jws.ts'
import { type Instant, takeInstant } from './elapsed.ts'
import { createInactiveTokens } from './inactive-tokens.ts'
import { createIntrospection, type Introspection } from './introspection.ts'
import type { Issuer } from './issuer.ts'
import { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts'
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
  const feed = settings.revocation === 'feed' ? new RevocationFeed(settings, issuer) : undefined
  const inactive = createInactiveTokens(Math.max(settings.cacheSize, LEAST_INACTIVE))
  const readersOfEpoch = keepForEpoch(feed, () => ({
    jwts: shape.jwt && createJwtVerifier(shape.jwt, settings, createKeyFinder(settings, issuer)),
    introspection: credentials && createIntrospection(credentials, { settings, issuer }, inactive),
  }))
  // Only an Ostiary has such a feed.
  const isOurs = feed !== undefined

  function read(asked: Asked, { jwts, introspection }: Readers): Promise<AccessToken> {
    const { text, key, now, introspect } = asked
    const isJwt = jwts !== undefined && text.split('.', 4).length === 3
    if (!isJwt) return readOpaque(asked, introspection)
    const verified = jwts.verify(text, key, now)
    if (!introspect || !introspection) return verified
    // Verified all the same: the issuer need not be asked about what somebody made up.
    return verified.then(() => introspection.ask(text, key))
  }

  async function readOpaque(
    { text, key, now, introspect }: Asked,
    introspection: Introspection | undefined,
  ): Promise<AccessToken> {
    const known = introspect ? undefined : introspection?.recall(key, now)
    if (known) return known
    const mayBeOpaque = shape.opaque?.(text, isOurs)
    if (mayBeOpaque === false) throw new TokenError('token_malformed')
    if (mayBeOpaque === undefined || !introspection) {
      throw new TokenError('token_opaque', { detail: WHY_NOT_OPAQUE })
    }
    return introspect ? await introspection.ask(text, key) : await introspection.find(text, key)
  }

  async function check(text: string, introspect: boolean): Promise<AccessToken> {
    const now = takeInstant()
    const reading = feed?.refresh(now)
    // The first token waits for the feed.
    if (reading) await reading
    const asked = { text, key: hash('sha256', text, 'base64url'), now, introspect }
    const readers = readersOfEpoch()
    const token = await read(asked, readers)
    if (readers !== readersOfEpoch()) return check(text, introspect)
    // What follows changes with time, so it is asked of remembered tokens as well, and at last: there is no waiting
    // between it and the answer.
    if (token.expiresAtSeconds <= Date.now() / 1000 - settings.clockToleranceSeconds) {
      throw new TokenError('token_expired')
    }
    inactive.refuse(asked.key)
    feed?.check(token, now)
    return token
  }

  return {
    check,
    async catchUp() {
      await feed?.catchUp()
    },
    status: () => ({
      feed: feed?.status() ?? FEED_OFF,
      cachedTokens: readersOfEpoch().jwts?.size ?? 0,
    }),
    close: () => feed?.close(),
  }
}

/**
 * A restored issuer has other keys, so that none of the tokens from before is good, whatever a clock wrote into them:
 * neither the former keys, nor what they verified, nor what the issuer answered then may be remembered.
 */
function keepForEpoch<Kept>(feed: RevocationFeed | undefined, make: () => Kept): () => Kept {
  let epochs = feed?.epochs
  let kept = make()
  return () => {
    if (feed?.epochs !== epochs) {
      epochs = feed?.epochs
      kept = make()
    }
    return kept
  }
}

function createKeyFinder(settings: Settings, issuer: Issuer): FindKey {
  const { introspection: credentials, shape } = settings
  return shape.jwt?.keys === 'secret' && credentials
    ? createSecretKeys(credentials, settings, issuer)
    : createPublishedKeys(settings, issuer)
}

/** Who finds out what a token says, with what they remember. */
interface Readers {
  readonly jwts: JwtVerifier | undefined
  readonly introspection: Introspection | undefined
}

interface Asked {
  readonly text: string
  /** A hash of it, under which it is remembered. */
  readonly key: string
  readonly now: Instant
  readonly introspect: boolean
}

/** Even where nothing else is remembered. */
const LEAST_INACTIVE = 1000

const WHY_NOT_OPAQUE =
  'not a JWT; where the contract knows others, createGuard({ introspection }) lets the issuer be asked about them'

const FEED_OFF: FeedStatus = {
  state: 'off',
  sequence: 0,
  entries: 0,
  lastReadAtSeconds: undefined,
  lastError: undefined,
}
