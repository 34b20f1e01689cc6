import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { watchEventLoop } from './event-loop-lag.ts'

const BLOCKED_MS = 250

/** Nothing else runs meanwhile. */
function block(): void {
  const until = performance.now() + BLOCKED_MS
  while (performance.now() < until);
}

it('tells of an event loop that stays late, and forgets it when it is not', async () => {
  const lag = watchEventLoop()
  onTestFinished(() => lag.stop())
  for (let turn = 0; turn < 4; turn++) {
    block()
    await pause(0)
  }
  // What is due every 100 ms came after 250.
  expect(lag.lastingMilliseconds()).toBeGreaterThan(BLOCKED_MS - 150)
  await expect.poll(() => lag.lastingMilliseconds(), { timeout: 30_000 }).toBeLessThan(100)
})

it('takes one long pause for what it is', async () => {
  const lag = watchEventLoop()
  onTestFinished(() => lag.stop())
  await pause(150)
  const before = lag.lastingMilliseconds()
  block()
  block()
  await pause(0)
  expect(lag.lastingMilliseconds()).toBeLessThan(before + BLOCKED_MS)
})
