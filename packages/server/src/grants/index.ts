// The registry of grant types. A new grant is one file, one line here and one flow test; metadata, docs and the
// values a client may register derive from it.

import type { Tenant } from '../protocol/tenant.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { CredentialGrantType, GrantType } from './grant.ts'
import type { KeyExchangeContext } from './key-exchange.ts'
import { password } from './password.ts'
import { refreshToken } from './refresh-token.ts'
import { tokenExchange } from './token-exchange.ts'

export const GRANT_TYPES: readonly GrantType<unknown>[] = [
  authorizationCode,
  refreshToken,
  clientCredentials,
  password,
]

/** The grant types of the token endpoint of a tenant. */
export function listGrantTypes({ rules }: Tenant): readonly GrantType<unknown>[] {
  return GRANT_TYPES.filter(({ name }) => rules.grantTypes.includes(name))
}

export function findGrantType(name: string, tenant: Tenant): GrantType<unknown> | undefined {
  return listGrantTypes(tenant).find((grantType) => grantType.name === name)
}

/** For whoever holds the credential that the request carries. */
const CREDENTIAL_GRANT_TYPES: readonly CredentialGrantType<unknown, KeyExchangeContext>[] = [
  tokenExchange,
]

export function findCredentialGrantType(
  name: string | undefined,
  { rules }: Tenant,
): CredentialGrantType<unknown, KeyExchangeContext> | undefined {
  return CREDENTIAL_GRANT_TYPES.find(
    (grantType) => grantType.name === name && rules.grantTypes.includes(name),
  )
}

/** All that the token endpoint of a tenant knows, whoever they are for. */
export function listGrantTypeNames({ rules }: Tenant): readonly string[] {
  const all = [...GRANT_TYPES, ...CREDENTIAL_GRANT_TYPES].map(({ name }) => name)
  return all.filter((name) => rules.grantTypes.includes(name))
}
