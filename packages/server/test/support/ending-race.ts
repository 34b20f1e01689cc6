// Somebody who fetches tokens at one node while another node ends what they hang on.

import { setTimeout } from 'node:timers/promises'
import type { Clock } from '../../src/platform/clock.ts'

/** For longer than a node keeps an app in memory. */
const STALE_MS = 300
/** How far the clock of the second node is ahead, in seconds. */
const AHEAD_SECONDS = 7

export interface Racer {
  /** Asks once, at the second node. @returns the token, unless it was refused */
  issue(): Promise<string | undefined>
  /** At the first node. */
  end(): Promise<unknown>
}

/** Issues while it ends, and for a while after that. @returns all tokens that were given */
export async function issueWhileEnding({ issue, end }: Racer): Promise<readonly string[]> {
  const tokens: string[] = []
  let isOver = false
  const issuing = Array.from({ length: 2 }, async () => {
    while (!isOver) {
      const token = await issue()
      if (token !== undefined) tokens.push(token)
      else await setTimeout(5)
    }
  })
  const failed = Promise.all(issuing).then(() => undefined)
  while (tokens.length === 0) await Promise.race([setTimeout(1), failed])
  await setTimeout(Math.random() * 40)
  await end()
  await setTimeout(STALE_MS)
  isOver = true
  await failed
  return tokens
}

export function clockAhead(clock: Clock): Clock {
  return {
    nowSeconds: () => clock.nowSeconds() + AHEAD_SECONDS,
    nowMilliseconds: () => clock.nowMilliseconds() + AHEAD_SECONDS * 1000,
  }
}
