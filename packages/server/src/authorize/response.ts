// How an authorization request wants to be answered: what is given (RFC 6749 §3.1.1), and how it travels.

import { OAuthError, type ResponseMode } from '../protocol/errors.ts'
import { optional, type Params } from '../protocol/params.ts'
import type { Tenant } from '../protocol/tenant.ts'

/** `token` is the implicit grant. */
export type ResponseType = 'code' | 'token'

/** The grant type that an app must have for each response type. */
export const GRANT_OF_RESPONSE = {
  code: 'authorization_code',
  token: 'implicit',
} as const satisfies Record<ResponseType, string>

export const RESPONSE_MODES: readonly ResponseMode[] = ['query', 'fragment', 'form_post']

const RESPONSE_TYPES = Object.keys(GRANT_OF_RESPONSE) as ResponseType[]

export function listResponseTypes({ rules }: Tenant): readonly ResponseType[] {
  return RESPONSE_TYPES.filter((type) => rules.grantTypes.includes(GRANT_OF_RESPONSE[type]))
}

/** RFC 6749 §4.2.2: access tokens travel in the fragment, and so do the errors of a request for one. */
export function usualResponseMode(params: Params, tenant: Tenant): ResponseMode {
  return findResponseType(params, tenant) === 'token' ? 'fragment' : 'query'
}

/** @throws OAuthError response_mode_unknown */
export function checkResponseMode(params: Params, tenant: Tenant): ResponseMode {
  const usual = usualResponseMode(params, tenant)
  const asked = optional(params, 'response_mode') ?? usual
  const mode = RESPONSE_MODES.find((known) => known === asked)
  // An access token in a query would end up in every log on its way.
  if (mode === undefined || (mode === 'query' && usual === 'fragment')) {
    throw new OAuthError('response_mode_unknown')
  }
  return mode
}

/** @throws OAuthError parameter_missing, response_type_unknown */
export function checkResponseType(params: Params, tenant: Tenant): ResponseType {
  if (!params.has('response_type')) {
    throw new OAuthError('parameter_missing', { parameter: 'response_type' })
  }
  const type = findResponseType(params, tenant)
  if (type === undefined) throw new OAuthError('response_type_unknown')
  return type
}

function findResponseType(params: Params, tenant: Tenant): ResponseType | undefined {
  const asked = optional(params, 'response_type')
  return listResponseTypes(tenant).find((type) => type === asked)
}
