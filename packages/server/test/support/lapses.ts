// Followers of a feed that are late: on a machine that stands still for a second, an answer rightly goes out without them.

import { setTimeout as pause } from 'node:timers/promises'

/** An answer that took so long may have gone out without a confirmation. */
const LATE_MILLISECONDS = 900
/** By then a line is judged, and who has read it in time is waited for again. */
const JUDGED_MILLISECONDS = 1500

/**
 * @param revoke ends something and waits for the answer @returns what `verdictsOn` found, of so many tries in which the answer
 * was in time
 */
export async function tryInTime<Revoked>(
  tries: number,
  {
    revoke,
    verdictsOn,
  }: {
    revoke: () => Promise<Revoked>
    verdictsOn: (revoked: Revoked) => Promise<readonly boolean[]>
  },
): Promise<readonly boolean[]> {
  const found: (readonly boolean[])[] = []
  for (let turn = 0; found.length < tries && turn < 5 * tries; turn += 1) {
    const startedAt = performance.now()
    const revoked = await revoke()
    const isLate = performance.now() - startedAt > LATE_MILLISECONDS
    const verdicts = await verdictsOn(revoked)
    if (isLate) await pause(JUDGED_MILLISECONDS)
    else found.push(verdicts)
  }
  return found.flat()
}

/** Until those that have gone are waited for no more. @returns how many were late so far */
export async function untilNobodyLapses({
  lapsed,
  revoke,
}: {
  lapsed: () => Promise<number>
  revoke: () => Promise<unknown>
}): Promise<number> {
  for (;;) {
    const before = await lapsed()
    await revoke()
    await pause(JUDGED_MILLISECONDS)
    if ((await lapsed()) === before) return before
  }
}
