// A verified access token, as the code of an API sees it, and the reading of its claims (RFC 9068 §2.2, RFC 7662 §2.2).

import { TokenError } from './token-error.ts'

/** The claims of a JWT or of an introspection answer. */
export type Claims = Readonly<Record<string, unknown>>

/** Immutable: one object may serve many requests. */
export class AccessToken {
  /** Who the token speaks for: a user, or the app itself. */
  readonly subject: string
  readonly clientId: string
  /** The user; undefined when the app acts for itself. */
  readonly userId: string | undefined
  readonly scopes: ReadonlySet<string>
  readonly organisationId: string | undefined
  readonly unitId: string | undefined
  readonly grantId: string | undefined
  readonly audience: readonly string[]
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  /** When the user last signed in. */
  readonly authTimeSeconds: number | undefined
  readonly claims: Claims

  /** @throws TokenError claims_invalid */
  constructor(claims: Claims) {
    this.clientId = required(claims, 'client_id')
    // RFC 7662 §2.2: `sub` may be left out of an introspection answer; then the app acts for itself.
    this.subject = optional(claims, 'sub') ?? this.clientId
    this.userId = this.subject === this.clientId ? undefined : this.subject
    this.scopes = new Set((optional(claims, 'scope') ?? '').split(' ').filter(Boolean))
    this.organisationId = optional(claims, 'org_id')
    this.unitId = optional(claims, 'unit_id')
    this.grantId = optional(claims, 'grant_id')
    this.audience = Object.freeze(readAudience(claims))
    this.issuedAtSeconds = readTime(claims, 'iat') ?? missing('iat')
    this.expiresAtSeconds = readTime(claims, 'exp') ?? missing('exp')
    this.authTimeSeconds = readTime(claims, 'auth_time')
    this.claims = Object.freeze(claims)
    Object.freeze(this)
  }

  has(scope: string): boolean {
    return this.scopes.has(scope)
  }

  /** For rules that depend on the data: refuses in the middle of a handler. @throws TokenError scope_missing */
  assert(...scopes: readonly string[]): void {
    if (!scopes.every((scope) => this.scopes.has(scope))) {
      throw new TokenError('scope_missing', { scopes })
    }
  }
}

function missing(name: string): never {
  throw new TokenError('claims_invalid', { detail: `the claim ${name} is missing` })
}

function malformed(name: string): never {
  throw new TokenError('claims_invalid', { detail: `the claim ${name} is malformed` })
}

function required(claims: Claims, name: string): string {
  return optional(claims, name) ?? missing(name)
}

function optional(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value || undefined : malformed(name)
}

function readAudience(claims: Claims): readonly string[] {
  const values = [claims.aud].flat()
  return values.every((value) => typeof value === 'string') ? values : malformed('aud')
}

function readTime(claims: Claims, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : malformed(name)
}
