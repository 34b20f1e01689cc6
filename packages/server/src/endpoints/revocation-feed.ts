// The feed of revocations that APIs follow, so that a JWT ends within seconds (docs/decisions on the feed).
// Anyone may read it: subjects appear as hashes of random ids, which name nobody.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { RevocationRecord } from '../store/records.ts'

const PAGE_SIZE = 1000

export function createRevocationFeedEndpoint(deps: {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'listRevocations'>
  readonly clock: Clock
}): Endpoint {
  return async (request) => {
    const after = optional(request.params, 'after') ?? '0'
    if (!/^\d{1,15}$/.test(after))
      throw new OAuthError('parameter_malformed', { parameter: 'after' })
    const lines = await deps.store.listRevocations({
      tenant: deps.tenant.name,
      afterSequence: Number(after),
      nowSeconds: deps.clock.nowSeconds(),
      limit: PAGE_SIZE,
    })
    const body = {
      sequence: lines.at(-1)?.sequence ?? Number(after),
      more: lines.length === PAGE_SIZE,
      revocations: lines.map(formatLine),
    }
    return { kind: 'json', status: 200, body, headers: { 'cache-control': 'public, max-age=1' } }
  }
}

function formatLine({ kind, subject, issuedUntilSeconds, expiresAtSeconds }: RevocationRecord) {
  return {
    kind,
    id: sha256(`${kind}:${subject}`),
    issued_until: issuedUntilSeconds,
    expires_at: expiresAtSeconds,
  }
}
