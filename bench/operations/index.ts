// The registry of operations.

import { clientCredentialsJwt, clientCredentialsOpaque } from './client-credentials.ts'
import { codeFlow } from './code-flow.ts'
import { discovery, jwks } from './documents.ts'
import { introspectionHit, introspectionMiss } from './introspection.ts'
import type { Operation, OperationName } from './operation.ts'
import { refresh } from './refresh.ts'
import { revocation } from './revocation.ts'

export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  'client_credentials-jwt': clientCredentialsJwt,
  'client_credentials-opaque': clientCredentialsOpaque,
  'code-flow': codeFlow,
  refresh,
  'introspection-hit': introspectionHit,
  'introspection-miss': introspectionMiss,
  revocation,
  discovery,
  jwks,
}
