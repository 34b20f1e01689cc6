// A verified access token, as the code of an API sees it. Which claim says what is the matter of `shapes`.

import type { Claims } from './claims.ts'
import { TokenError } from './token-error.ts'

/** What a token says, in our words. */
export interface TokenFacts {
  readonly subject: string
  readonly clientId: string | undefined
  readonly scopes: readonly string[]
  readonly organisationId: string | undefined
  readonly unitId: string | undefined
  readonly grantId: string | undefined
  readonly audience: readonly string[]
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
  readonly authTimeSeconds: number | undefined
  readonly claims: Claims
  readonly feedSubjects: readonly string[]
}

/** Immutable: one object may serve many requests. */
export class AccessToken {
  /** Who the token speaks for: a user, or the app itself. */
  readonly subject: string
  /** The app; undefined where tokens do not name it. */
  readonly clientId: string | undefined
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
  /** Under which names the issuer's feed can end it. */
  readonly feedSubjects: readonly string[]

  constructor(facts: TokenFacts) {
    this.subject = facts.subject
    this.clientId = facts.clientId
    this.userId = facts.subject === facts.clientId ? undefined : facts.subject
    this.scopes = new Set(facts.scopes)
    this.organisationId = facts.organisationId
    this.unitId = facts.unitId
    this.grantId = facts.grantId
    this.audience = Object.freeze([...facts.audience])
    this.issuedAtSeconds = facts.issuedAtSeconds
    this.expiresAtSeconds = facts.expiresAtSeconds
    this.authTimeSeconds = facts.authTimeSeconds
    this.claims = Object.freeze(facts.claims)
    this.feedSubjects = Object.freeze([...facts.feedSubjects])
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
