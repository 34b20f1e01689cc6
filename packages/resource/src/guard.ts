// The guard of an API: verifies access tokens and says no in the words of RFC 6750. Knows no HTTP framework.

import type { AccessToken } from './access-token.ts'
import { type Credentials, readBearerToken } from './credentials.ts'
import { createIntrospection } from './introspection.ts'
import { createIssuer } from './issuer.ts'
import { createJwtVerifier } from './jwt-verifier.ts'
import { type GuardOptions, readSettings, type Settings } from './options.ts'
import { type Refusal, type RefusalSettings, toRefusal, toResponse } from './refusal.ts'
import {
  assertRequirements,
  checkRequirements,
  neededScopes,
  type Requirements,
} from './requirements.ts'
import {
  describeResource,
  type ResourceMetadata,
  resourceMetadataUrl,
} from './resource-metadata.ts'
import { type FeedStatus, RevocationFeed } from './revocation-feed.ts'
import { TokenError } from './token-error.ts'

/** Outcome of a check, for any framework. */
export type Verdict =
  | { readonly ok: true; readonly token: AccessToken }
  | { readonly ok: false; readonly refusal: Refusal; readonly error: TokenError }

/** Outcome of a check of a fetch `Request`: the refusal is ready to be returned. */
export type RequestVerdict =
  | { readonly ok: true; readonly token: AccessToken }
  | { readonly ok: false; readonly response: Response; readonly error: TokenError }

export interface GuardStatus {
  readonly feed: FeedStatus
  /** Verified tokens in memory. */
  readonly cachedTokens: number
}

export interface Guard {
  /** Checks a fetch `Request`. */
  verify(request: Request, requirements?: Requirements<Request>): Promise<RequestVerdict>
  /** Checks plain header values: what the adapters are built on. `request` is handed to the requirements' functions. */
  authorize<Request>(
    credentials: Credentials,
    requirements: Requirements<Request>,
    request: Request,
  ): Promise<Verdict>
  /** Throws at start what would otherwise fail, or fail to protect, at the first request. @throws TypeError */
  assertRequirements(requirements: object): void
  /** The answer for a TokenError thrown later in a handler, such as by `token.assert()`. */
  refuse(error: TokenError): Refusal
  /** The document of RFC 9728 §2, to be served at `metadataPath()`. */
  metadata(): ResourceMetadata
  /** @throws TypeError when the audience is not a URL */
  metadataPath(): string
  /** Learns at once what was revoked until now, instead of at the next poll. */
  catchUp(): Promise<void>
  status(): GuardStatus
  /** Stops following the revocation feed. */
  close(): void
}

/** @throws TypeError that lists all options that are missing or wrong */
export function createGuard(options: GuardOptions = {}): Guard {
  const settings = readSettings(options)
  const checker = createTokenChecker(settings)
  const refusals = refusalSettings(settings)

  function refuse(error: TokenError, scopes: readonly string[] = []): Refusal {
    settings.onRefusal?.(error)
    return toRefusal(error, scopes, refusals)
  }

  const guard: Guard = {
    async verify(request, requirements = {}) {
      const verdict = await guard.authorize(credentialsOf(request), requirements, request)
      if (verdict.ok) return verdict
      return { ok: false, response: toResponse(verdict.refusal), error: verdict.error }
    },
    async authorize(credentials, requirements, request) {
      guard.assertRequirements(requirements)
      try {
        const text = readBearerToken(credentials)
        const token = await checker.check(text, requirements.introspect === true)
        await checkRequirements(token, requirements, request)
        return { ok: true, token }
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
        return { ok: false, refusal: refuse(error, neededScopes(requirements)), error }
      }
    },
    assertRequirements(requirements) {
      assertRequirements(requirements)
      if ('introspect' in requirements && requirements.introspect && !settings.introspection) {
        throw new TypeError(
          'A requirement says introspect: true, which needs the credentials of this API: ' +
            'createGuard({ introspection: { clientId, clientSecret } }).',
        )
      }
    },
    refuse: (error) => refuse(error),
    metadata: () => describeResource(settings),
    metadataPath() {
      const url = resourceMetadataUrl(settings.audience)
      if (url) return url.pathname
      throw new TypeError(
        `The audience "${settings.audience}" is not a URL, so there is no place for its metadata (RFC 9728 §3).`,
      )
    },
    catchUp: checker.catchUp,
    status: checker.status,
    close: checker.close,
  }
  return guard
}

interface TokenChecker extends Pick<Guard, 'catchUp' | 'status' | 'close'> {
  /** @throws TokenError */
  check(text: string, introspect: boolean): Promise<AccessToken>
}

function createTokenChecker(settings: Settings): TokenChecker {
  const issuer = createIssuer(settings)
  const jwts = createJwtVerifier(settings, issuer)
  const feed = settings.revocation === 'feed' ? new RevocationFeed(settings, issuer) : undefined
  const introspection =
    settings.introspection && createIntrospection(settings.introspection, settings, issuer)

  async function identify(text: string, introspect: boolean): Promise<AccessToken> {
    const isJwt = text.split('.', 4).length === 3
    if (isJwt && !introspect) return await jwts.verify(text)
    if (introspection) return await introspection(text)
    throw new TokenError('token_opaque', {
      detail:
        'not a JWT; createGuard({ introspection }) lets the issuer be asked about such tokens',
    })
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
    status: () => ({ feed: feed?.status() ?? FEED_OFF, cachedTokens: jwts.size }),
    close: () => feed?.close(),
  }
}

const FEED_OFF: FeedStatus = {
  state: 'off',
  sequence: 0,
  entries: 0,
  lastReadAtSeconds: undefined,
  lastError: undefined,
}

function refusalSettings(settings: Settings): RefusalSettings {
  return {
    realm: settings.name ?? settings.audience,
    resourceMetadataUrl: resourceMetadataUrl(settings.audience)?.href,
    descriptions: settings.descriptions,
  }
}

function credentialsOf(request: Request): Credentials {
  return { authorization: request.headers.get('authorization') ?? undefined, url: request.url }
}
