// The documents that every client fetches: metadata (RFC 8414, OIDC Discovery §4) and keys (RFC 7517).

import { getRequest } from '../load/request.ts'
import type { Call, Target } from '../load/target.ts'
import { required } from './client-credentials.ts'
import { expect, type Operation, repeat } from './operation.ts'

export const discovery = document('discovery', (target) => target.discovery, '"token_endpoint":"')
export const jwks = document('jwks', (target) => target.jwks, '"keys":[{')

function document(
  name: 'discovery' | 'jwks',
  callOf: (target: Target) => Call | undefined,
  part: string,
): Operation {
  return {
    name,
    isOffered: (target) => callOf(target) !== undefined,
    prepare: async ({ target, connections }) => {
      const request = getRequest(target, required(callOf(target)))
      const flow = repeat(request, (answer) => expect(answer, 200, part))
      return { flows: Array.from({ length: connections }, () => flow) }
    },
  }
}
