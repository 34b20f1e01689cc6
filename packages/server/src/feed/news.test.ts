import { expect, it, vi } from 'vitest'
import type { News } from '../store/port.ts'
import { createFeedNews } from './news.ts'

const EPOCH = { epoch: 'one', idsUntilSeconds: 0 }

it('contracts: revoked means now: what was told while the feed was read is not missed', async () => {
  // Looking now and then would find it as well, so no time passes here.
  vi.useFakeTimers()
  try {
    let lastSequence = 0
    let tell: (news: News | undefined) => void = () => undefined
    const news = createFeedNews({
      store: {
        readFeedState: async () => ({ ...EPOCH, lastSequence }),
        hearNews: (hear) => {
          tell = hear
        },
        hearsOthers: () => true,
      },
    })
    const over = new AbortController()
    const until = { milliseconds: 25_000, ended: over.signal }
    const wait = (mark: number, last: number) =>
      news.wait('main', { ...EPOCH, lastSequence: last, mark }, until)
    const first = wait(news.mark('main'), 0)
    lastSequence = 1
    tell({ of: 'feed', tenant: 'main' })
    await first
    const mark = news.mark('main')
    lastSequence = 2
    tell({ of: 'feed', tenant: 'main' })
    await wait(mark, 1)
    // Nor is a wait over because of what is no news to it.
    let isOver = false
    const last = wait(news.mark('main'), 2).then(() => {
      isOver = true
    })
    tell({ of: 'feed', tenant: 'other' })
    tell({ of: 'followers', tenant: 'main' })
    tell(undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(isOver).toBe(false)
    over.abort()
    await last
  } finally {
    vi.useRealTimers()
  }
})
