// Followers of a feed that are late: on a machine that stands still for a second, an answer rightly goes out without them.

import { setTimeout as pause } from 'node:timers/promises'

/** By then a line is judged, and who has read it in time is waited for again. */
const JUDGED_MILLISECONDS = 1500
const MOST_TURNS = 5

/** @returns what the series came to, of a turn in which nobody was late */
export async function whileAllAreInTime<Result>(
  { lapsed }: { lapsed: () => Promise<number> },
  series: () => Promise<Result>,
): Promise<Result> {
  for (let turn = 1; ; turn += 1) {
    const before = await lapsed()
    const result = await series()
    if ((await lapsed()) === before || turn === MOST_TURNS) return result
    await pause(JUDGED_MILLISECONDS)
  }
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
