// A contract: the wire format of a tenant, as data and small codecs. Knows nothing of grants, stores or HTTP servers.

import type { ContractRules } from '../protocol/contract-rules.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { KeyExchange } from '../protocol/key-exchange.ts'
import type { Policy } from '../protocol/policy.ts'
import type { TokenResponse } from '../protocol/token-response.ts'

export interface Contract {
  readonly name: string
  readonly paths: ContractPaths
  readonly policy: Policy
  readonly rules: ContractRules
  /** What the token and revocation endpoints read. */
  readonly requests: RequestRules
  /** Whether refusals speak the language of the caller, or always English, which is ASCII (RFC 6749 §5.2). */
  readonly errorLanguage: 'english' | 'reader'
  /** Reads the exchange of an application key, where that is an endpoint of its own. @throws OAuthError */
  readonly readKeyExchange?: (input: KeyExchangeInput) => KeyExchange
  /** Whether the exchange, at this release, has a form without a key that a tenant may switch on. */
  readonly takesCodeWithoutKey?: (release: string | undefined) => boolean
  /** JSON body of a successful token response. */
  tokenResponse(response: TokenResponse): Record<string, unknown>
  /** Refusal at the token, revocation and introspection endpoints; `description` is in the caller's language. */
  errorResponse(error: OAuthError, description: string): ErrorResponse
  /** Body of the refusal of an address that there is not (404), or of a method that it does not have (405). */
  readonly routingRefusal?: RoutingRefusal
}

export interface KeyExchangeInput {
  /** The body, strictly parsed; undefined when there is none. */
  readonly json: unknown
  /** The application key, where one came with the request. */
  readonly key: string | undefined
  /** The release that the tenant is at; undefined for the newest. */
  readonly release: string | undefined
  /** Whether the tenant takes a code without a key. */
  readonly codeWithoutKey: boolean
}

export type RoutingRefusal = (status: 404 | 405, description: string) => Record<string, unknown>

export interface ErrorResponse {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** Paths below the issuer; what a contract does not have is undefined. */
export interface ContractPaths {
  /** Of the API behind it. */
  readonly api: string
  readonly authorize?: string
  readonly token?: string
  readonly revoke?: string
  readonly userinfo?: string
  /** Exchange of an application key, where that is an endpoint of its own. */
  readonly applicationKeyToken?: string
  readonly introspect: string
  readonly jwks: string
  /** Of the keys that are told to one API alone, where the contract has such. */
  readonly resourceKeys: string
  readonly revocations: string
  readonly signOut: string
  readonly apiVersions: string
  readonly versionUsage: string
}

export type Encoding = 'form' | 'json' | 'query'

export interface RequestRules {
  /** One of them per request. */
  readonly encodings: readonly Encoding[]
  /** Whether `application/json` must stand alone, without media type parameters. */
  readonly strictJson: boolean
}
