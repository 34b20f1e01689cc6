// A refresh with rotation (RFC 6749 §6): each connection has a grant of its own and presents what it was given last.

import { openPost } from '../load/request.ts'
import type { Target } from '../load/target.ts'
import { required } from './client-credentials.ts'
import { mintRefreshTokens } from './code-flow.ts'
import { expect, type Flow, type Operation, readMember } from './operation.ts'

export const refresh: Operation = {
  name: 'refresh',
  isOffered: (target) => target.refresh !== undefined && target.codeFlow !== undefined,
  prepare: async (preparation) => {
    const tokens = await mintRefreshTokens(preparation)
    return { flows: tokens.map((token) => createChain(preparation.target, token)) }
  },
}

function createChain(target: Target, first: string): Flow {
  const request = openPost(target, required(target.refresh))
  let token = first
  return {
    begin: () => request(`&refresh_token=${encodeURIComponent(token)}`),
    take(answer) {
      expect(answer, 200, '"access_token":"')
      const next = readMember(answer, 'refresh_token')
      if (next === token) throw new Error('the refresh token was not rotated')
      token = next
      return undefined
    },
  }
}
