// Token exchange (RFC 8693) of what is no token of an app: an application key, which stands for an organisation, or
// the JWT of a trusted issuer, which stands for a user. Either is its own proof (RFC 8693 §2.1).

import { OAuthError } from '../protocol/errors.ts'
import type { KeyExchange } from '../protocol/key-exchange.ts'
import { list, optional, type Params, required } from '../protocol/params.ts'
import { parseResources } from '../protocol/resource.ts'
import { parseRequestedScope } from '../protocol/scope.ts'
import type { CredentialGrantType } from './grant.ts'
import { exchangeKey, type KeyExchangeContext } from './key-exchange.ts'

const KEY = 'urn:ostiary:params:oauth:token-type:application-key'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export const tokenExchange: CredentialGrantType<KeyExchange, KeyExchangeContext> = {
  name: 'urn:ietf:params:oauth:grant-type:token-exchange',

  parse(params) {
    refuseWhatIsNotOffered(params)
    return {
      ...parseSubject(params),
      unit: optional(params, 'unit'), // ours
      scopes: parseRequestedScope(optional(params, 'scope')), // RFC 8693 §2.1: OPTIONAL
      resources: parseResources(list(params, 'resource')), // RFC 8693 §2.1: OPTIONAL
    }
  },

  async run(exchange, context) {
    try {
      return await exchangeKey(exchange, context)
    } catch (error) {
      throw asSubjectTokenError(error)
    }
  },
}

/** RFC 8693 §2.1: all OPTIONAL. Whoever sends them would get another token than was asked for. */
function refuseWhatIsNotOffered(params: Params): void {
  for (const parameter of ['actor_token', 'actor_token_type']) {
    if (params.has(parameter)) throw new OAuthError('parameter_unknown', { parameter })
  }
  if (params.has('audience')) throw new OAuthError('resource_unknown')
  const requested = optional(params, 'requested_token_type') ?? ACCESS_TOKEN
  if (requested !== ACCESS_TOKEN) {
    throw new OAuthError('parameter_malformed', { parameter: 'requested_token_type' })
  }
}

function parseSubject(params: Params) {
  const subject = required(params, 'subject_token') // RFC 8693 §2.1: REQUIRED
  const type = required(params, 'subject_token_type') // RFC 8693 §2.1: REQUIRED
  const organisation = optional(params, 'organisation') // ours: a user may belong to several
  if (type === KEY) return { kind: 'key', key: subject, consumer: undefined, organisation } as const
  if (type !== JWT) {
    throw new OAuthError('parameter_malformed', { parameter: 'subject_token_type' })
  }
  if (organisation === undefined) {
    throw new OAuthError('parameter_missing', { parameter: 'organisation' })
  }
  return { kind: 'identity', jwt: subject, organisation } as const
}

/** RFC 8693 §2.2.2: whatever is wrong with the subject token, the code is invalid_request. */
function asSubjectTokenError(error: unknown): unknown {
  const isAboutSubject =
    error instanceof OAuthError &&
    (error.code === 'invalid_client' || error.code === 'access_denied')
  return isAboutSubject ? new OAuthError('subject_token_refused', { cause: error }) : error
}
