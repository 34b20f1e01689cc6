// Tells held requests that the feed of a tenant has moved on. While nobody waits it does nothing at all.

import { apart } from '../platform/deadline.ts'
import type { FeedState } from '../store/port/feed.ts'
import type { Store } from '../store/port.ts'

/** How often the number of a feed is looked at while somebody waits for it. */
const POLL_MILLISECONDS = 100

export interface FeedNews {
  /** Ends when the feed is no longer in this state, when the time is over, or when nobody waits any more. */
  wait(
    tenant: string,
    from: FeedState,
    until: { readonly milliseconds: number; readonly ended: AbortSignal },
  ): Promise<void>
  /** Looks at once: something was published here. */
  look(tenant: string): void
  /** How many wait. */
  waiting(): number
}

interface Waiter {
  readonly from: FeedState
  wake(): void
}

interface Watch {
  readonly waiters: Set<Waiter>
  isLooking: boolean
  /** What was published while it was looking may not be in what it sees. */
  looksAgain: boolean
  timer: NodeJS.Timeout | undefined
}

export function createFeedNews({
  store,
}: {
  readonly store: Pick<Store, 'readFeedState'>
}): FeedNews {
  const watches = new Map<string, Watch>()

  function watchOf(tenant: string): Watch {
    let watch = watches.get(tenant)
    if (watch === undefined) {
      watch = { waiters: new Set(), isLooking: false, looksAgain: false, timer: undefined }
      watches.set(tenant, watch)
    }
    return watch
  }

  async function look(tenant: string): Promise<void> {
    const watch = watchOf(tenant)
    if (watch.isLooking) {
      watch.looksAgain = true
      return
    }
    clearTimeout(watch.timer)
    if (watch.waiters.size === 0) return
    watch.isLooking = true
    try {
      const state = await apart(() => store.readFeedState(tenant))
      for (const waiter of watch.waiters) if (isNews(state, waiter.from)) waiter.wake()
    } catch {
      // The database is away. Who waits learns it when the time is over and the feed is read.
    } finally {
      watch.isLooking = false
    }
    const again = watch.looksAgain
    watch.looksAgain = false
    if (again) await look(tenant)
    else lookLater(tenant, watch)
  }

  function lookLater(tenant: string, watch: Watch): void {
    clearTimeout(watch.timer)
    if (watch.waiters.size === 0) return
    watch.timer = setTimeout(() => look(tenant), POLL_MILLISECONDS)
    watch.timer.unref()
  }

  return {
    wait(tenant, from, { milliseconds, ended }) {
      if (ended.aborted) return Promise.resolve()
      const watch = watchOf(tenant)
      return new Promise((resolve) => {
        const waiter = { from, wake }
        const timer = setTimeout(wake, milliseconds)
        function wake() {
          clearTimeout(timer)
          ended.removeEventListener('abort', wake)
          watch.waiters.delete(waiter)
          if (watch.waiters.size === 0) clearTimeout(watch.timer)
          resolve()
        }
        ended.addEventListener('abort', wake)
        watch.waiters.add(waiter)
        if (watch.waiters.size === 1 && !watch.isLooking) lookLater(tenant, watch)
      })
    },
    look: (tenant) => void look(tenant),
    waiting: () => [...watches.values()].reduce((sum, { waiters }) => sum + waiters.size, 0),
  }
}

function isNews(state: FeedState, from: FeedState): boolean {
  return state.lastSequence !== from.lastSequence || state.epoch !== from.epoch
}
