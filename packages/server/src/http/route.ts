// What a route is: data that app.ts fills in and server.ts serves. HTTP itself stays in this folder.

import type { ApiVersions } from '@ostiary/resource/api-versions'
import type { Encoding, ErrorResponse, RoutingRefusal } from '../contracts/contract.ts'
import type { ErrorDescription, OAuthError } from '../protocol/errors.ts'
import type { Endpoint, Log } from '../protocol/message.ts'
import type { Page } from '../protocol/page.ts'
import type { VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import type { CookieKind } from './cookies.ts'
import type { TrafficObserver } from './traffic.ts'
import type { IssuerWatch } from './wrong-issuer.ts'

/**
 * Who calls it, which decides headers, CORS and the form of errors:
 * - `page`: a person's browser, by navigation; HTML, CSRF check on POST, no CORS
 * - `app`: an app with its credentials; JSON, never cached, CORS for registered origins
 * - `server`: an API's back end; like `app`, without CORS
 * - `public`: anybody; JSON, cacheable, CORS for all
 */
export type Audience = 'page' | 'app' | 'server' | 'public'

export interface Route {
  readonly path: string
  readonly methods: readonly ('GET' | 'POST')[]
  readonly audience: Audience
  readonly endpoint: Endpoint
  /** A POST that other sites may send here: it changes nothing (OIDC Core §3.1.2.1). */
  readonly crossSitePost?: boolean
  /** Whether its pages may stand in a window of an app, which keeps its hold on it. */
  readonly keepsOpener?: boolean
  /** How a POST carries its parameters; a form when not set. */
  readonly encodings?: readonly Encoding[]
  /** Whether `application/json` must come without media type parameters. */
  readonly strictJson?: boolean
  /** Whether the JSON body is handed on as it is, instead of as parameters. */
  readonly jsonDocument?: boolean
  /** The versions of the API, where a request may name the one that it was written for. */
  readonly apiVersions?: RouteVersions | undefined
  /** Form fields that may come more than once. */
  readonly repeatable?: ReadonlySet<string>
}

export interface RouteVersions {
  /** As they stand now. */
  published(): ApiVersions
  /** Never waited for. */
  recordUse(clientId: string, version: string, log: Log): void
}

/** A tenant as HTTP sees it. */
export interface Site {
  readonly tenant: string
  readonly issuer: string
  readonly cookies: CookieKind
  /** `iss` of authorization responses, where the contract has it (RFC 9207 §2). */
  readonly responseIssuer: string | undefined
  /** What authorization responses in the query end with (RFC 9700 §4.1.3). */
  readonly responseEnd: '#' | ''
  /** Whether `X-Forwarded-Proto` is to be believed. */
  readonly behindTrustedProxy: boolean
  readonly routes: readonly Route[]
  /** Metadata paths that stand outside the issuer's own path (RFC 8414 §3.1). */
  readonly rootRoutes: readonly Route[]
  /** Notices requests that arrive elsewhere than the issuer says. */
  readonly issuers?: IssuerWatch
  /** undefined where nobody watches. */
  readonly traffic: TrafficObserver | undefined
  /** The style sheets and scripts of the pages, by name: the same for all tenants. */
  readonly assets: ReadonlyMap<string, Asset>
  readonly brandStylesheet: string
  /** Status and body of a refusal that is told in JSON. */
  errorResponse(error: OAuthError, description: string): ErrorResponse
  /** Body of the refusal of an address or a method that there is not, where the contract has a form for it. */
  readonly routingRefusal?: RoutingRefusal | undefined
  /** The words for a refusal that is told to an app. */
  describeError(error: OAuthError, reader: RequestReader): ErrorDescription
  renderPage(page: Page, reader: Reader): RenderedPage
  renderFormPost(formPost: FormPost, reader: Reader): RenderedPage
  renderLeaving(leaving: Leaving, reader: Reader): RenderedPage
  isAllowedOrigin(origin: string): Promise<boolean>
}

/** Where nothing is, as far as its answers need it: below an issuer, or beside all of them. */
export interface Place
  extends Pick<
    Site,
    | 'cookies'
    | 'behindTrustedProxy'
    | 'routingRefusal'
    | 'renderPage'
    | 'assets'
    | 'brandStylesheet'
  > {
  /** undefined where it is that of no tenant. */
  readonly issuer: string | undefined
  readonly routes: readonly Pick<Route, 'path'>[]
}

/** A file in memory: its bytes, and everything that is said about them. */
export interface Asset {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** For whom a page is written. */
export interface Reader {
  readonly acceptLanguage: string | undefined
}

/** A reader of whom the request says more (OIDC Core §3.1.2.1). */
export interface RequestReader extends Reader {
  readonly uiLocales: string | undefined
}

/** An authorization response that the browser posts to the app. */
export interface FormPost {
  readonly redirectUri: VerifiedRedirectUri
  readonly fields: Readonly<Record<string, string>>
}

/** The way on from a form of ours. */
export interface Leaving {
  readonly address: string
}

export interface RenderedPage {
  readonly html: string
  readonly language: string
  readonly contentSecurityPolicy: string
}
