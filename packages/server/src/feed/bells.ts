// Bells that ring when those who follow the feed of a tenant have read on, here or, where the database tells, at other
// processes.

import type { News, Store } from '../store/port.ts'

export class Bell {
  #hasRung = false
  #wake: () => void = () => undefined

  ring(): void {
    this.#hasRung = true
    this.#wake()
  }

  /** From here on, until it is heard. */
  still(): void {
    this.#hasRung = false
  }

  /** Also what rang since it was stilled. Otherwise it ends after so long. */
  heard(milliseconds: number): Promise<void> {
    if (this.#hasRung) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export class Bells {
  readonly #store: Pick<Store, 'hearNews'>
  readonly #hung = new Map<Bell, string>()
  #listens = false

  constructor(store: Pick<Store, 'hearNews'>) {
    this.#store = store
  }

  hang(tenant: string): Bell {
    if (!this.#listens) this.#store.hearNews((news) => this.#ring(news))
    this.#listens = true
    const bell = new Bell()
    this.#hung.set(bell, tenant)
    return bell
  }

  takeDown(bell: Bell): void {
    this.#hung.delete(bell)
  }

  #ring(news: News | undefined): void {
    if (news?.of === 'feed') return
    for (const [bell, tenant] of this.#hung) {
      if (news === undefined || news.tenant === tenant) bell.ring()
    }
  }
}
