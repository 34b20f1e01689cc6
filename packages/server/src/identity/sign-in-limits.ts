// Which allowances a try to sign in needs: first those of who tries, so that a stranger who guesses cannot keep the
// owner out. Nothing here lasts longer than an hour.

import type { Allowance, Guessing } from './guessing.ts'

const HOUR_SECONDS = 3600
const MINUTE_SECONDS = 60

/** Of a browser that has signed in before: then it counts as unknown, until it signs in again. */
const DEVICE = { failures: 10, windowSeconds: 180 * 24 * HOUR_SECONDS, thenEverySeconds: 0 }
/** Of one address at one account. */
const CALLER = { failures: 10, windowSeconds: HOUR_SECONDS, endsWithSuccess: true }
/** Of all who are not known at an account, together. Those who have failed make way for those who have not. */
const STRANGERS = {
  failures: 100,
  windowSeconds: HOUR_SECONDS,
  thenEverySeconds: 10,
  thenEverySecondsAfterFailures: 20,
}

export const DEVICE_LIFETIME_SECONDS = DEVICE.windowSeconds

export interface Caller {
  /** What was typed, or what it stands for: an account that does not exist has the same limits. */
  readonly account: readonly string[]
  /**
   * What was typed, where one account goes by several names: each has a limit of its own for one source, so that nobody
   * learns from a name that is locked which other one it belongs to.
   */
  readonly typed?: readonly string[]
  readonly source: readonly string[]
  /** The id of its cookie, when that is one of this account. */
  readonly deviceId: string | undefined
  /** The source has proven to be this account before. */
  readonly known: boolean
}

/**
 * @param perMinute failures of the source in a minute, whatever the account
 * @returns lists of allowances, to be tried in turn
 */
export function allowancesOf(
  { account, typed = account, source, deviceId, known }: Caller,
  { guesses, perMinute }: { guesses: Guessing; perMinute: number },
): readonly (readonly Allowance[])[] {
  const callerSlot = guesses.slotOf('caller', ...typed, ...source)
  const ofSource: Allowance = {
    purpose: 'source',
    slot: guesses.slotOf('source', ...source),
    failures: perMinute,
    windowSeconds: MINUTE_SECONDS,
    thenEverySeconds: 0,
  }
  const caller: Allowance = {
    purpose: 'caller',
    slot: callerSlot,
    ...CALLER,
    thenEverySeconds: MINUTE_SECONDS,
  }
  const strangers: Allowance = {
    purpose: 'strangers',
    slot: guesses.slotOf('strangers', ...account),
    ...STRANGERS,
  }
  return [
    ...(deviceId === undefined ? [] : [[{ purpose: 'device', slot: deviceId, ...DEVICE }]]),
    ...(known ? [[{ ...caller, thenEverySeconds: 0 }, ofSource]] : []),
    [caller, ofSource, strangers],
  ]
}
