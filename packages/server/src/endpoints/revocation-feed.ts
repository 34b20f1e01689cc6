// The feed of revocations that APIs follow, so that a JWT ends at once (docs/decisions on the feed).
// Anyone may read it: subjects appear as hashes of random ids, which name nobody. Who asks to wait is answered when there
// is something to tell.

import { authenticateApi } from '../client-auth/authenticate-api.ts'
import type { ClientAuthDeps } from '../client-auth/index.ts'
import type { Followers } from '../feed/followers.ts'
import type { FeedNews } from '../feed/news.ts'
import type { Places } from '../feed/places.ts'
import type { Clock } from '../platform/clock.ts'
import { apart, waitFor } from '../platform/deadline.ts'
import { sha256 } from '../platform/hash.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Endpoint, IncomingRequest, Reply } from '../protocol/message.ts'
import { optional } from '../protocol/params.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { FeedPage } from '../store/port/feed.ts'
import type { Store } from '../store/port.ts'
import type { RevocationRecord } from '../store/records.ts'

const PAGE_SIZE = 1000

/** Followers refuse a document whose format they do not know: they would not know what its lines say. */
const FORMAT = 2

/** Proxies cut what is silent for longer: nginx after a minute, some load balancers after thirty seconds. */
const LONGEST_WAIT_SECONDS = 25

export interface HeldFeed {
  readonly news: FeedNews
  readonly places: Places
  /** Of each API that says who it is. */
  readonly placesOfApis: Places
  readonly followers: Followers
}

export interface RevocationFeedDeps extends ClientAuthDeps {
  readonly tenant: Tenant
  readonly store: ClientAuthDeps['store'] & Pick<Store, 'readFeed'>
  readonly clock: Clock
  readonly heldFeed: HeldFeed
}

export function createRevocationFeedEndpoint(deps: RevocationFeedDeps): Endpoint {
  const { tenant, heldFeed } = deps
  const readPage = (afterSequence: number) =>
    deps.store.readFeed({
      tenant: tenant.name,
      afterSequence,
      nowSeconds: deps.clock.nowSeconds(),
      limit: PAGE_SIZE,
    })
  const readTogether = sharedByCallers(readPage)
  return async (request) => {
    const after = readNumber(request, 'after')
    const waitSeconds = Math.min(readNumber(request, 'wait'), LONGEST_WAIT_SECONDS)
    const follower = waitSeconds > 0 ? await nameFollower(request, deps) : undefined
    if (follower !== undefined && tenant.policy.revocationWaitsForApis) {
      // Before the feed is read: a line that comes in between is one that it is waited for.
      await heldFeed.followers.note({
        tenant: tenant.name,
        follower: follower.name,
        sequence: after,
      })
    }
    const mark = heldFeed.news.mark(tenant.name)
    const page = await readPage(after)
    // Also a number that is ahead, and one that has gone without a line, are something to tell.
    if (waitSeconds === 0 || page.lastSequence !== after) return tell(page, waitSeconds)
    const giveBack =
      (follower && heldFeed.placesOfApis.take(`${tenant.name} ${follower.api}`)) ??
      heldFeed.places.take(request.source)
    if (giveBack === undefined) return tell(page, waitSeconds)
    const milliseconds = waitSeconds * 1000
    return {
      kind: 'held',
      until: (ended) =>
        heldFeed.news
          .wait(tenant.name, { ...page, mark }, { milliseconds, ended })
          .finally(giveBack),
      answer: async () => tell(await readTogether(after), waitSeconds),
    }
  }
}

/**
 * An API may run any number of processes, and each has a name of its own choice.
 * @returns undefined for a caller who says nothing of itself
 * @throws OAuthError invalid_client, parameter_malformed
 */
async function nameFollower(
  request: IncomingRequest,
  deps: RevocationFeedDeps,
): Promise<{ readonly api: string; readonly name: string } | undefined> {
  if (request.authorization === undefined) return undefined
  const { id } = await authenticateApi(request, deps)
  const name = optional(request.params, 'follower')
  if (name !== undefined && !/^[\w-]{1,64}$/.test(name)) {
    throw new OAuthError('parameter_malformed', { parameter: 'follower' })
  }
  return name === undefined ? undefined : { api: id, name: `${id} ${name}` }
}

/** @throws OAuthError parameter_malformed */
function readNumber({ params }: IncomingRequest, parameter: string): number {
  const text = optional(params, parameter) ?? '0'
  if (!/^\d{1,15}$/.test(text)) throw new OAuthError('parameter_malformed', { parameter })
  return Number(text)
}

/** A line wakes all who wait at once, and most of them have read equally far. */
function sharedByCallers(
  read: (after: number) => Promise<FeedPage>,
): (after: number) => Promise<FeedPage> {
  const underWay = new Map<number, Promise<FeedPage>>()
  return (after) => {
    let reading = underWay.get(after)
    if (reading === undefined) {
      reading = apart(() => read(after)).finally(() => underWay.delete(after))
      underWay.set(after, reading)
    }
    return waitFor(reading)
  }
}

function tell({ epoch, lastSequence, lines }: FeedPage, waitSeconds: number): Reply {
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
  // An answer that was waited for is of this moment and for this caller.
  const cacheControl = waitSeconds === 0 ? 'public, max-age=1' : 'no-store'
  return { kind: 'json', status: 200, body, headers: { 'cache-control': cacheControl } }
}

function formatLine({ kind, subject, issuedUntilSeconds, expiresAtSeconds }: RevocationRecord) {
  return {
    kind,
    id: sha256(`${kind}:${subject}`),
    issued_until: issuedUntilSeconds,
    expires_at: expiresAtSeconds,
  }
}
