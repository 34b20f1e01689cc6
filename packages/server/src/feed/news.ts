// Tells held requests that the feed of a tenant has moved on. While nobody waits it does nothing at all. It is told of
// what this process publishes and, where the database can tell, of what others do; otherwise it looks.

import { apart } from '../platform/deadline.ts'
import type { FeedState } from '../store/port/feed.ts'
import type { Store } from '../store/port.ts'

/** How often the number of a feed is looked at while somebody waits for it, and nobody tells what others publish. */
const POLL_MILLISECONDS = 100
/** Where it is told: a process that died after its commit has told nobody. */
const POLL_WHILE_TOLD_MILLISECONDS = 1000

export interface FeedNews {
  /** To be taken before the feed is read: what is told while it is read may not be in it. */
  mark(tenant: string): number
  /** Ends when the feed is no longer in this state, when the time is over, or when nobody waits any more. */
  wait(
    tenant: string,
    from: FeedState & { readonly mark: number },
    until: { readonly milliseconds: number; readonly ended: AbortSignal },
  ): Promise<void>
  /** How many wait. */
  waiting(): number
  /** Whether it is told of what others publish. */
  isTold(): boolean
}

interface Waiter {
  readonly from: FeedState
  wake(): void
}

type NewsSource = Pick<Store, 'readFeedState' | 'hearNews' | 'hearsOthers'>

export function createFeedNews({ store }: { readonly store: NewsSource }): FeedNews {
  const watches = new Map<string, FeedWatch>()
  let listens = false

  function watchOf(tenant: string): FeedWatch {
    let watch = watches.get(tenant)
    if (watch === undefined) {
      watch = new FeedWatch(tenant, store)
      watches.set(tenant, watch)
    }
    return watch
  }

  function listen(): void {
    if (listens) return
    listens = true
    store.hearNews((news) => {
      if (news?.of === 'followers') return
      for (const [tenant, watch] of watches) {
        if (news === undefined || news.tenant === tenant) watch.tell()
      }
    })
  }

  return {
    mark: (tenant) => watchOf(tenant).told,
    wait(tenant, from, { milliseconds, ended }) {
      if (ended.aborted) return Promise.resolve()
      listen()
      const watch = watchOf(tenant)
      return new Promise((resolve) => {
        const waiter = { from, wake }
        const timer = setTimeout(wake, milliseconds)
        function wake() {
          clearTimeout(timer)
          ended.removeEventListener('abort', wake)
          watch.remove(waiter)
          resolve()
        }
        ended.addEventListener('abort', wake)
        watch.add(waiter, from.mark)
      })
    },
    waiting: () => [...watches.values()].reduce((sum, { waiting }) => sum + waiting, 0),
    isTold: () => store.hearsOthers(),
  }
}

/** Of the feed of one tenant, on behalf of all who wait for it. */
class FeedWatch {
  readonly #tenant: string
  readonly #store: NewsSource
  readonly #waiters = new Set<Waiter>()
  #told = 0
  #isLooking = false
  /** What was published while it was looking may not be in what it sees. */
  #looksAgain = false
  #timer: NodeJS.Timeout | undefined

  constructor(tenant: string, store: NewsSource) {
    this.#tenant = tenant
    this.#store = store
  }

  /** How often it was told of something. */
  get told(): number {
    return this.#told
  }

  get waiting(): number {
    return this.#waiters.size
  }

  tell(): void {
    this.#told += 1
    void this.#look()
  }

  add(waiter: Waiter, mark: number): void {
    this.#waiters.add(waiter)
    if (this.#told !== mark) void this.#look()
    else if (this.#waiters.size === 1 && !this.#isLooking) this.#lookLater()
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    if (this.#waiters.size === 0) clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      this.#looksAgain = true
      return
    }
    clearTimeout(this.#timer)
    if (this.#waiters.size === 0) return
    this.#isLooking = true
    try {
      const state = await apart(() => this.#store.readFeedState(this.#tenant))
      for (const waiter of this.#waiters) if (isNews(state, waiter.from)) waiter.wake()
    } catch {
      // The database is away. Who waits learns it when the time is over and the feed is read.
    } finally {
      this.#isLooking = false
    }
    const again = this.#looksAgain
    this.#looksAgain = false
    if (again) await this.#look()
    else this.#lookLater()
  }

  #lookLater(): void {
    clearTimeout(this.#timer)
    if (this.#waiters.size === 0) return
    const pause = this.#store.hearsOthers() ? POLL_WHILE_TOLD_MILLISECONDS : POLL_MILLISECONDS
    this.#timer = setTimeout(() => void this.#look(), pause)
    this.#timer.unref()
  }
}

function isNews(state: FeedState, from: FeedState): boolean {
  return state.lastSequence !== from.lastSequence || state.epoch !== from.epoch
}
