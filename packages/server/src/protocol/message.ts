// A request without its transport, and the answer before it gets one. Endpoints turn one into the other.

import type { ResponseMode } from './errors.ts'
import type { Page } from './page.ts'
import type { Params } from './params.ts'
import type { VerifiedRedirectUri } from './redirect-uri.ts'

export interface IncomingRequest {
  readonly method: 'GET' | 'POST'
  /** From the body of a POST, from the query of a GET, never from both. */
  readonly params: Params
  /** What the parameters in the path of the route stand for, decoded: `/clients/:id`. */
  readonly pathParams: Readonly<Record<string, string>>
  /** Whether the parameters of a POST came in its URL. */
  readonly inUrl: boolean
  /** The JSON body of a route that takes JSON alone: strictly parsed, objects without prototypes. */
  readonly json: unknown
  readonly authorization: string | undefined
  readonly origin: string | undefined
  readonly cookies: Readonly<Record<string, string | undefined>>
  readonly acceptLanguage: string | undefined
  /** The caller's IP address in full, as far as the trusted proxies tell: for people. */
  readonly address: string
  /** What limits count callers by: the address, or the network of one customer. */
  readonly source: string
  readonly userAgent: string | undefined
  /** Names this request in logs, headers and error pages. */
  readonly id: string
  readonly log: Log
}

export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface CookieChange {
  readonly name: string
  /** undefined removes it. */
  readonly value: string | undefined
  /** Which of several is removed. */
  readonly was?: string
  /** undefined ends with the browser session. */
  readonly maxAgeSeconds: number | undefined
}

export type Reply =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly body: unknown
      /** Of the words in it, where they were chosen for the reader. */
      readonly language?: string | undefined
      readonly headers?: Readonly<Record<string, string>>
    }
  | {
      /** JSON that is answered again and again, and was written out once. */
      readonly kind: 'document'
      readonly text: string
      readonly headers: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'empty'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'page'
      readonly status: number
      readonly retryAfterSeconds?: number | undefined
      readonly page: Page
      readonly cookies?: readonly CookieChange[]
    }
  /** To another page of ours; the path is relative to the issuer. */
  | {
      readonly kind: 'local_redirect'
      readonly path: string
      readonly cookies?: readonly CookieChange[]
    }
  | AuthorizationReply

/** RFC 6749 §4.1.2: the answer that the browser carries to the app. */
export interface AuthorizationReply {
  readonly kind: 'authorization'
  readonly redirectUri: VerifiedRedirectUri
  readonly responseMode: ResponseMode
  readonly fields: Readonly<Record<string, string | undefined>>
  readonly cookies?: readonly CookieChange[]
}

/** An answer that is made later. Until then the request takes nothing that others could use. */
export interface HeldReply {
  readonly kind: 'held'
  /** Ends by itself, and at once when nobody waits any more. Called once, whatever happens. */
  readonly until: (ended: AbortSignal) => Promise<void>
  readonly answer: () => Promise<Reply>
}

export type Endpoint = (request: IncomingRequest) => Promise<Reply | HeldReply>
