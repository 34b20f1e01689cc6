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

/** Followers refuse a document whose format they do not know: they would not know what its lines say. */
const FORMAT = 2

export function createRevocationFeedEndpoint(deps: {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'readFeed'>
  readonly clock: Clock
}): Endpoint {
  return async (request) => {
    const after = optional(request.params, 'after') ?? '0'
    if (!/^\d{1,15}$/.test(after))
      throw new OAuthError('parameter_malformed', { parameter: 'after' })
    const { epoch, lastSequence, lines } = await deps.store.readFeed({
      tenant: deps.tenant.name,
      afterSequence: Number(after),
      nowSeconds: deps.clock.nowSeconds(),
      limit: PAGE_SIZE,
    })
    const nextSequence = lines.length === PAGE_SIZE ? lines.at(-1)?.sequence : undefined
    const body = {
      format: FORMAT,
      epoch,
      // Nothing is left behind the last page, and nothing is ahead of the last number, whatever was asked for.
      sequence: nextSequence ?? lastSequence,
      last_sequence: lastSequence,
      more: nextSequence !== undefined,
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
