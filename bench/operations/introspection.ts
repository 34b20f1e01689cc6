// An API asks about a token (RFC 7662): about one that is active, and about one that nobody has issued.

import { openPost } from '../load/request.ts'
import { mintOpaqueTokens, required } from './client-credentials.ts'
import { expect, type Flow, type Operation, type Preparation } from './operation.ts'

/** Few enough for a store that remembers a thousand things only. */
const TOKENS = 500

export const introspectionHit: Operation = {
  name: 'introspection-hit',
  isOffered: (target) =>
    target.introspection !== undefined && target.clientCredentials.opaque !== undefined,
  prepare: async (preparation) => {
    const tokens = await mintOpaqueTokens(preparation, TOKENS)
    return { flows: createFlows(preparation, tokens, '"active":true') }
  },
}

export const introspectionMiss: Operation = {
  name: 'introspection-miss',
  isOffered: ({ introspection, unknownTokens }) =>
    introspection !== undefined && unknownTokens !== undefined,
  prepare: async (preparation) => {
    const { unknownTokens = [] } = preparation.target
    return { flows: createFlows(preparation, unknownTokens, '"active":false') }
  },
}

function createFlows(
  { target, connections }: Preparation,
  tokens: readonly string[],
  part: string,
): Flow[] {
  const ask = openPost(target, required(target.introspection))
  const requests = tokens.map((token) => ask(`&token=${token}`))
  return Array.from({ length: connections }, (_, index): Flow => {
    let turn = index * 7
    return {
      begin: () => requests[turn++ % requests.length],
      take(answer) {
        expect(answer, 200, part)
        return undefined
      },
    }
  })
}
