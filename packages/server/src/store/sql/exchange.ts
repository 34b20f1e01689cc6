// Where what a process has committed becomes known to all who want to know. Where no other process can be reached, it
// stays among those of its own.

import type { NewsStore } from '../port/process.ts'
import type { News } from '../port.ts'

export interface Exchange extends NewsStore {
  /** What happened is durable. Never waited for, and never fails: whoever must not miss it looks as well. */
  tell(news: News): void
  /** What was told has left the process. */
  close(): Promise<void>
}

/** All of this process who want to know. */
export function createHearers() {
  const hearers: Parameters<NewsStore['hearNews']>[0][] = []
  return {
    add: (hear: (typeof hearers)[number]) => void hearers.push(hear),
    /** @param news undefined when something may have been missed */
    tell(news: News | undefined): void {
      for (const hear of hearers) hear(news)
    },
  }
}

export function createExchange(): Exchange {
  const hearers = createHearers()
  return {
    tell: hearers.tell,
    hearNews: hearers.add,
    hearsOthers: () => false,
    close: async () => undefined,
  }
}
