// Plans that count failed guesses within a window of time, for all processes together.

import type { BlockedGuess, FailedGuess } from '../port/process.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

/** A window that is over makes way for a new one. */
const countFailure = statement((db, p: FailedGuess) =>
  db
    .insertInto('failedGuesses')
    .values({
      purpose: p.purpose,
      hash: p.hash,
      failures: 1,
      windowEndsAtSeconds: p.windowEndsAtSeconds,
    })
    .onConflict((conflict) =>
      conflict.columns(['purpose', 'hash']).doUpdateSet((eb) => {
        const isOver = eb('failedGuesses.windowEndsAtSeconds', '<=', p.nowSeconds)
        return {
          failures: eb
            .case()
            .when(isOver)
            .then(1)
            .else(eb('failedGuesses.failures', '+', 1))
            .end(),
          windowEndsAtSeconds: eb
            .case()
            .when(isOver)
            .then(eb.ref('excluded.windowEndsAtSeconds'))
            .else(eb.ref('failedGuesses.windowEndsAtSeconds'))
            .end(),
        }
      }),
    )
    .returning('failures'),
)

export function* recordFailedGuess(guess: FailedGuess): Plan<number> {
  return (yield* first(countFailure, guess))?.failures ?? 0
}

type Limit = { purpose: string; failures: number; nowSeconds: number }

const selectBlocked = statement((db, p: Limit) =>
  db
    .selectFrom('failedGuesses')
    .where('purpose', '=', p.purpose)
    .where('failures', '>=', p.failures)
    .where('windowEndsAtSeconds', '>', p.nowSeconds)
    .select(['hash', 'windowEndsAtSeconds'])
    .orderBy('hash'),
)

export const listBlockedGuesses = (limit: Limit): Plan<readonly BlockedGuess[]> =>
  run(selectBlocked, limit)
