// The three ways to refuse, told apart by who may hear of it: the caller, our own page, or the app by redirect.

import { PAGE_REASONS, type PageErrorReason } from './page-reasons.ts'
import { ERROR_CODES, type ErrorCode, REASONS, type Reason } from './reasons.ts'
import type { RedirectDifference, VerifiedRedirectUri } from './redirect-uri.ts'

export type ErrorDetail = {
  /** Name of the offending parameter: one of ours, never a name the sender made up. */
  parameter?: string
  /** Which app asked, for the log alone. */
  clientId?: string
  retryAfterSeconds?: number
  cause?: unknown
}

/** A refusal: `code` and a description go out, `reason` goes to the log and to tests. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly reason: Reason
  readonly code: ErrorCode
  readonly status: number
  /** In English, which is ASCII; whoever answers a person finds the words of other languages in `ui`. */
  readonly description: string
  readonly parameter: string | undefined
  readonly clientId: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(reason: Reason, detail: ErrorDetail = {}) {
    const { code, description } = REASONS[reason]
    super(reason, { cause: detail.cause })
    this.reason = reason
    this.code = code
    this.status = ERROR_CODES[code].status
    this.parameter = detail.parameter
    this.clientId = detail.clientId
    this.description = this.nameParameter(description)
    this.retryAfterSeconds = detail.retryAfterSeconds
  }

  /** A sentence about it, with the parameter that is to blame. */
  nameParameter(sentence: string): string {
    return this.parameter === undefined ? sentence : `${sentence} (${this.parameter})`
  }
}

/** A refusal in words. */
export interface ErrorDescription {
  readonly text: string
  /** undefined when everybody is told the same. */
  readonly language: string | undefined
}

/** A refusal that must not leave our origin: the redirect URI is not to be trusted (RFC 9700 §4.11.2). */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly reason: PageErrorReason
  readonly status: number
  /** What the request carried, shown to the developer as text. */
  readonly received: string | undefined
  /** Where a redirect URI first differs from the nearest registered one. */
  readonly difference: RedirectDifference | undefined
  readonly retryAfterSeconds: number | undefined
  /** The authorization request, as form text, with which the user may go on. */
  readonly continueWith: string | undefined

  constructor(
    reason: PageErrorReason,
    detail: {
      /** When it is another than that of the reason: of a refusal that a page has no words of its own for. */
      status?: number
      received?: string
      difference?: RedirectDifference
      retryAfterSeconds?: number
      continueWith?: string
      cause?: unknown
    } = {},
  ) {
    super(reason, { cause: detail.cause })
    this.reason = reason
    this.status = detail.status ?? PAGE_REASONS[reason].status
    this.received = detail.received
    this.difference = detail.difference
    this.continueWith = detail.continueWith
    this.retryAfterSeconds = detail.retryAfterSeconds
  }
}

/** A refusal told to the app by redirecting: only a verified redirect URI fits in here. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError'
  readonly error: OAuthError
  readonly target: RedirectTarget
  /** The languages that the request asked for (OIDC Core §3.1.2.1). */
  readonly uiLocales: string | undefined

  constructor(
    error: OAuthError,
    request: { readonly target: RedirectTarget; readonly uiLocales: string | undefined },
  ) {
    super(error.reason, { cause: error })
    this.error = error
    this.target = request.target
    this.uiLocales = request.uiLocales
  }
}

export type ResponseMode = 'query' | 'fragment' | 'form_post'

/** Where and how an authorization response is delivered. */
export type RedirectTarget = {
  redirectUri: VerifiedRedirectUri
  responseMode: ResponseMode
  state: string | undefined
}
