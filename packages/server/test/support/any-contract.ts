// A server of any contract, and an access token of it, for tests that are the same for all of them.

import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { addAuthenticationCode } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { basicKey, codeBody, exchange, tokenIn } from './key-exchange.ts'
import {
  type StoreKind,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from './start-server.ts'
import { TestApp } from './test-app.ts'

/** Those with an authorization endpoint; the other one exchanges keys. */
export const CODE_CONTRACTS = CONTRACT_NAMES.filter((name) => name !== 'crm-com')

const NO_LIMITS = { failedClientAuthenticationsPerMinute: 10_000, failedSignInsPerMinute: 10_000 }

/** Of `standard` with the usual world. Attackers there may guess as often as they like. */
export function startContract(
  kind: StoreKind,
  contract: string,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const named = contract === 'standard' ? {} : { contract }
  return startTestServer(kind, { ...named, rateLimits: NO_LIMITS, ...options })
}

export interface AnyTokens {
  readonly access: string
  /** Where the contract has such. */
  readonly refresh: string | undefined
}

export async function obtainAnyTokens(
  server: TestServer,
  resource?: { readonly uri: string; readonly scope: string },
): Promise<AnyTokens> {
  if (server.paths.authorize !== undefined) {
    const fields = resource && { resource: resource.uri, scope: resource.scope }
    const tokens = await new TestApp(server, server.apps.webApp).obtainTokens({ fields })
    return { access: tokens.access_token, refresh: tokens.refresh_token }
  }
  const organisation = { organisationId: 'acme', name: 'key' }
  const { key } = await createApplicationKey(organisation, server.context)
  const { code } = await addAuthenticationCode({ username: 'ada' }, server.context)
  const answer = await exchange(server, codeBody(code), basicKey(key))
  return { access: tokenIn(answer), refresh: undefined }
}
