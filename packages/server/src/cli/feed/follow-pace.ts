// When a follower of a feed asks next, and whether it asks the issuer to wait until there is news.

import { monotonicClock } from '../../platform/clock.ts'

/** The issuer holds requests for 25 at most. */
const WAIT_SECONDS = 20
/** Between two requests, however much there is to tell. */
const LEAST_MILLISECONDS = 100
/** What is answered sooner, and without news, was not held: an issuer that does not, or has no place. */
const AT_ONCE_MILLISECONDS = 1000
/** For so long nothing is held after something on the way has cut two requests that were silent. */
const PLAIN_MILLISECONDS = 600_000

export interface Asked {
  readonly waitSeconds: number
  readonly milliseconds: number
  readonly hasFailed: boolean
  readonly broughtNews: boolean
}

export class FollowPace {
  readonly #everyMilliseconds: number
  #cuts = 0
  #mayHold = false
  #holdsAgainAtMilliseconds = 0

  constructor(everySeconds: number) {
    this.#everyMilliseconds = everySeconds * 1000
  }

  /** How long the next request may be held; 0 for an answer at once, which tells whether the issuer is there. */
  get waitSeconds(): number {
    const isOver = monotonicClock.nowMilliseconds() >= this.#holdsAgainAtMilliseconds
    return this.#mayHold && isOver ? WAIT_SECONDS : 0
  }

  /** @returns after how many milliseconds to ask again */
  next({ waitSeconds, milliseconds, hasFailed, broughtNews }: Asked): number {
    this.#mayHold = !hasFailed
    if (waitSeconds === 0)
      return this.waitSeconds > 0 ? LEAST_MILLISECONDS : this.#everyMilliseconds
    if (hasFailed) {
      this.#cuts += 1
      if (this.#cuts > 1) this.#holdLater()
      return LEAST_MILLISECONDS
    }
    this.#cuts = 0
    const wasHeld = broughtNews || milliseconds >= AT_ONCE_MILLISECONDS
    return wasHeld ? LEAST_MILLISECONDS : this.#everyMilliseconds
  }

  #holdLater(): void {
    this.#cuts = 0
    this.#holdsAgainAtMilliseconds = monotonicClock.nowMilliseconds() + PLAIN_MILLISECONDS
  }
}
