// The registry of grant types. A new grant is one file, one line here and one flow test; metadata, docs and the
// values a client may register derive from it.

import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import type { GrantType } from './grant.ts'
import { refreshToken } from './refresh-token.ts'

export const GRANT_TYPES: readonly GrantType<unknown>[] = [
  authorizationCode,
  refreshToken,
  clientCredentials,
]

export function findGrantType(name: string): GrantType<unknown> | undefined {
  return GRANT_TYPES.find((grantType) => grantType.name === name)
}
