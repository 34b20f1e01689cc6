// The guard of an API: verifies access tokens and says no in the words of RFC 6750. Knows no HTTP framework.

import type { AccessToken } from './access-token.ts'
import { type Credentials, readBearerToken } from './credentials.ts'
import { explain } from './explain.ts'
import { createIssuer } from './issuer.ts'
import { type GuardOptions, readSettings, type Settings } from './options.ts'
import { type Refusal, type RefusalSettings, toRefusal, toResponse } from './refusal.ts'
import {
  assertListed,
  assertRequirements,
  checkRequirements,
  neededScopes,
  type Requirements,
} from './requirements.ts'
import {
  describeResource,
  noteMetadata,
  type ResourceMetadata,
  resourceMetadataUrl,
  warnOfMissingMetadata,
} from './resource-metadata.ts'
import { createTokenChecker, type GuardStatus } from './token-checker.ts'
import { TokenError } from './token-error.ts'
import { createVersionGate, type VersionGate } from './version-gate.ts'
import { warnOnce } from './warnings.ts'

/** Outcome of a check, for any framework. */
export type Verdict =
  | {
      readonly ok: true
      readonly token: AccessToken
      readonly refusal?: never
      readonly error?: never
    }
  | {
      readonly ok: false
      readonly token?: never
      readonly refusal: Refusal
      readonly error: TokenError
    }

/**
 * Outcome of a check of a fetch `Request`: the refusal is ready to be returned. The members that are never there let
 * `if (!verdict.ok) return verdict.response` compile without `strictNullChecks`, where TypeScript cannot tell the two.
 */
export type RequestVerdict =
  | {
      readonly ok: true
      readonly token: AccessToken
      readonly response?: never
      readonly error?: never
    }
  | {
      readonly ok: false
      readonly token?: never
      readonly response: Response
      readonly error: TokenError
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
  /** Which version of the API a request gets: what `versioned` is built on. */
  readonly versions: VersionGate
  /** Stops following the revocation feed, and tells the issuer what it does not know yet of the use of versions. */
  close(): Promise<void>
}

/** @throws TypeError that lists all options that are missing or wrong */
export function createGuard(options: GuardOptions = {}): Guard {
  const settings = readSettings(options)
  const issuer = createIssuer(settings)
  const checker = createTokenChecker(settings, issuer)
  const versions = createVersionGate(settings, issuer)
  const refusals = refusalSettings(settings)

  function refuse(error: TokenError, scopes: readonly string[] = []): Refusal {
    settings.onRefusal?.(error)
    if (error.statusCode === 503) warnOfTrouble(error, settings)
    else warnOfMissingMetadata(settings.audience)
    return toRefusal(error, scopes, refusals)
  }

  const guard: Guard = {
    async verify(request, requirements = {}) {
      const verdict = await guard.authorize(credentialsOf(request), requirements, request)
      if (verdict.ok) return { ok: true, token: verdict.token }
      return { ok: false, response: toResponse(verdict.refusal), error: verdict.error }
    },
    async authorize(credentials, requirements, request) {
      guard.assertRequirements(requirements)
      try {
        const text = readBearerToken(credentials)
        const token = await checker.check(text, requirements.introspect === true)
        await checkRequirements(token, requirements, request)
        versions.recordUse(request, token.clientId)
        return { ok: true, token }
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
        return { ok: false, refusal: refuse(error, neededScopes(requirements)), error }
      }
    },
    assertRequirements: createAssertion(settings),
    refuse: (error) => refuse(error),
    metadata() {
      noteMetadata(settings.audience)
      return describeResource(settings)
    },
    metadataPath() {
      noteMetadata(settings.audience)
      const url = resourceMetadataUrl(settings.audience)
      if (url) return url.pathname
      throw new TypeError(
        `The audience "${settings.audience}" is not a URL, so there is no place for its metadata (RFC 9728 §3).`,
      )
    },
    catchUp: checker.catchUp,
    status: checker.status,
    versions,
    async close() {
      checker.close()
      await versions.close()
    },
  }
  return guard
}

/** Requirements are looked at once, at start, not with each request. */
function createAssertion(settings: Settings): (requirements: object) => void {
  const asserted = new WeakSet<object>()
  return (requirements) => {
    if (asserted.has(requirements)) return
    assertRequirements(requirements)
    if (settings.shape.jwt?.namesScopes === false) assertListed(requirements, settings.scopes ?? [])
    if ('introspect' in requirements && requirements.introspect && !settings.introspection) {
      throw new TypeError(
        'A requirement says introspect: true, which needs the credentials of this API: ' +
          'createGuard({ introspection: { clientId, clientSecret } }).',
      )
    }
    asserted.add(requirements)
  }
}

/** Every request is refused, and most APIs log no refusals: somebody must hear why. */
function warnOfTrouble(error: TokenError, { issuer, audience }: Settings): void {
  warnOnce(
    'OSTIARY_UNAVAILABLE',
    `${issuer} ${audience} ${error.reason}`,
    `${audience} answers 503, because no access token of ${issuer} can be checked (${error.reason}). ` +
      `${explain(error.cause)}. This is said once; onRefusal hears of every refusal`,
  )
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
