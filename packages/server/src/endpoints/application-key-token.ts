// Exchange of an application key, or an identity JWT, where the contract has an endpoint for it.

import { readBasic } from '../client-auth/http-basic.ts'
import type { Contract } from '../contracts/contract.ts'
import { exchangeKey, type KeyExchangeDeps } from '../grants/key-exchange.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'

export function createApplicationKeyTokenEndpoint(
  deps: KeyExchangeDeps & {
    readonly contract: Pick<Contract, 'tokenResponse'>
    readonly observer: Pick<TenantObserver, 'tokenIssued'>
    readonly readKeyExchange: NonNullable<Contract['readKeyExchange']>
  },
): Endpoint {
  const { release, policy } = deps.tenant
  const { codeWithoutKey } = policy
  return async ({ json, authorization, id, source, log }) => {
    const key = readKey(authorization)
    const exchange = deps.readKeyExchange({ json, key, release, codeWithoutKey })
    const response = await exchangeKey(exchange, { deps, requestId: id, source, log })
    deps.observer.tokenIssued('application_key')
    return { kind: 'json', status: 200, body: deps.contract.tokenResponse(response) }
  }
}

/** The key is the user name, and the password is left empty: with the colon before it, or without. */
function readKey(authorization: string | undefined): string | undefined {
  const credentials = readBasic(authorization)
  if (credentials === undefined) return undefined
  const { username, password = '' } = credentials
  if (password !== '') throw new OAuthError('client_credentials_malformed')
  return username
}
