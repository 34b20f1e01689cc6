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

type Hearer = Parameters<NewsStore['hearNews']>[0]

export function createExchange(): Exchange {
  const hearers: Hearer[] = []
  return {
    tell(news) {
      for (const hear of hearers) hear(news)
    },
    hearNews: (hear) => void hearers.push(hear),
    hearsOthers: () => false,
    close: async () => undefined,
  }
}
