// An app revokes an access token of its own (RFC 7009). The tokens are made beforehand, unmeasured, a batch at a time.

import { openPost } from '../load/request.ts'
import { mintOpaqueTokens, required } from './client-credentials.ts'
import { expect, type Flow, type Operation } from './operation.ts'

/** Few enough for a store that remembers a thousand things only. */
const BATCH = 800

export const revocation: Operation = {
  name: 'revocation',
  isOffered: (target) =>
    target.revocation !== undefined && target.clientCredentials.opaque !== undefined,
  prepare: async (preparation) => {
    const { target, connections } = preparation
    const first = {
      token: required(target.clientCredentials.opaque),
      revocation: required(target.revocation),
    }
    const machines = [first, ...(target.furtherMachines ?? [])]
    let batches = 0
    let requests: string[] = []
    const flow: Flow = {
      begin: () => requests.pop(),
      take(answer) {
        expect(answer, 200)
        return undefined
      },
    }
    return {
      flows: Array.from({ length: connections }, () => flow),
      async refill() {
        const { token: call, revocation } = machines[batches % machines.length] ?? first
        batches += 1
        const tokens = await mintOpaqueTokens(preparation, BATCH, call)
        const revoke = openPost(target, revocation)
        requests = tokens.map((token) => revoke(`&token=${token}`))
      },
    }
  },
}
