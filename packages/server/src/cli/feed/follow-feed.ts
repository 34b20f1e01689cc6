// Keeps a copy of a feed up to date, page by page.

import type { Clock } from '../../platform/clock.ts'
import type { FeedCopy } from './feed-copy.ts'
import { findFeed, type Hold, readFeedPage } from './feed-page.ts'

/** @returns what reads all that is new, and throws when the issuer cannot be read: what was read until then is kept */
export function createFollower(
  copy: FeedCopy,
  { issuer, clock }: { readonly issuer: string; readonly clock: Clock },
): (hold?: Hold) => Promise<void> {
  let feed: string | undefined
  return async (hold) => {
    feed ??= await findFeed(issuer)
    await catchUp(copy, { feed, clock, hold })
  }
}

interface Reading {
  readonly feed: string
  readonly clock: Clock
  readonly hold: Hold | undefined
}

/** Only the first page can be waited for. */
async function catchUp(copy: FeedCopy, { feed, clock, hold }: Reading): Promise<void> {
  for (let more = true, held = hold; more; held = undefined) {
    const last = copy.last()
    const after = last?.sequence ?? 0
    let next = await readFeedPage(feed, after, held)
    // Numbers of another epoch mean nothing, and one that was never given out is not ours either.
    const isAnother = last?.epoch !== next.page.epoch || after > next.page.lastSequence
    if (after > 0 && isAnother) next = await readFeedPage(feed, 0)
    if (next.more && next.page.sequence <= after && !isAnother) {
      throw new Error(`${feed} promises more, but does not move on`)
    }
    copy.append(next.page, clock.nowSeconds())
    more = next.more
  }
}
