// A machine asks for a token (RFC 6749 §4.4), as a JWT or as an opaque one.

import { postRequest } from '../load/request.ts'
import type { Call } from '../load/target.ts'
import { expect, type Operation, type Preparation, readMember, repeat } from './operation.ts'

/** `eyJ` is the beginning of every JWT: `{"`. */
export const clientCredentialsJwt: Operation = {
  name: 'client_credentials-jwt',
  isOffered: ({ clientCredentials }) => clientCredentials.jwt !== undefined,
  prepare: async ({ target, connections }) => {
    const request = postRequest(target, required(target.clientCredentials.jwt))
    const flow = repeat(request, (answer) => expect(answer, 200, '"access_token":"eyJ'))
    return { flows: Array.from({ length: connections }, () => flow) }
  },
}

export const clientCredentialsOpaque: Operation = {
  name: 'client_credentials-opaque',
  isOffered: ({ clientCredentials }) => clientCredentials.opaque !== undefined,
  prepare: async ({ target, connections }) => {
    const request = postRequest(target, required(target.clientCredentials.opaque))
    const flow = repeat(request, (answer) => expect(answer, 200, '"access_token":"'))
    return { flows: Array.from({ length: connections }, () => flow) }
  },
}

/** Opaque tokens for other operations to use: as many as wanted, or as a second is enough for. */
export async function mintOpaqueTokens(
  { target, asks }: Pick<Preparation, 'target' | 'asks'>,
  count: number,
  call = required(target.clientCredentials.opaque),
): Promise<readonly string[]> {
  const request = postRequest(target, call)
  const tokens: string[] = []
  let asked = 0
  const end = performance.now() + 1000
  const work = asks.map(async (ask) => {
    while (asked < count && performance.now() < end) {
      asked += 1
      const answer = await ask(request)
      expect(answer, 200)
      tokens.push(encodeURIComponent(readMember(answer, 'access_token')))
    }
  })
  await Promise.all(work)
  return tokens
}

export function required(call: Call | undefined): Call {
  if (call === undefined) throw new Error('the subject does not offer this operation')
  return call
}
