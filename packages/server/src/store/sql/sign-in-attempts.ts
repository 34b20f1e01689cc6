// Plans that count tries to sign in, and lock an account that had too many in a row.

import type { TokenHash } from '../../protocol/ids.ts'
import type { IdentityStore } from '../port.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type AttemptKey = { tenant: string; usernameHash: TokenHash }

/** Counts, unless the account is locked. Its row stays locked until the transaction ends, so tries queue up here. */
const countAttempt = statement((db, p: AttemptKey & { nowSeconds: number }) =>
  db
    .insertInto('signInAttempts')
    .values({
      tenant: p.tenant,
      usernameHash: p.usernameHash,
      attempts: 1,
      lastAtSeconds: p.nowSeconds,
      lockedUntilSeconds: 0,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'usernameHash'])
        .doUpdateSet((eb) => ({
          attempts: eb('signInAttempts.attempts', '+', 1),
          lastAtSeconds: eb.ref('excluded.lastAtSeconds'),
        }))
        .where('signInAttempts.lockedUntilSeconds', '<=', p.nowSeconds),
    )
    .returning('attempts'),
)

const selectLock = statement((db, p: AttemptKey) =>
  db
    .selectFrom('signInAttempts')
    .where('tenant', '=', p.tenant)
    .where('usernameHash', '=', p.usernameHash)
    .select('lockedUntilSeconds'),
)

const setLock = statement((db, p: AttemptKey & { lockedUntilSeconds: number }) =>
  db
    .updateTable('signInAttempts')
    .set({ lockedUntilSeconds: p.lockedUntilSeconds })
    .where('tenant', '=', p.tenant)
    .where('usernameHash', '=', p.usernameHash),
)

export function* startSignInAttempt(
  input: Parameters<IdentityStore['startSignInAttempt']>[0],
): Plan<{ allowed: true; attempts: number } | { allowed: false; lockedUntilSeconds: number }> {
  const counted = yield* first(countAttempt, input)
  if (counted === undefined) {
    const lock = yield* first(selectLock, input)
    return { allowed: false, lockedUntilSeconds: lock?.lockedUntilSeconds ?? input.nowSeconds }
  }
  const lockSeconds = input.lockSeconds(counted.attempts)
  if (lockSeconds > 0) {
    yield* run(setLock, { ...input, lockedUntilSeconds: input.nowSeconds + lockSeconds })
  }
  return { allowed: true, attempts: counted.attempts }
}

const deleteAttempts = statement((db, p: AttemptKey) =>
  db
    .deleteFrom('signInAttempts')
    .where('tenant', '=', p.tenant)
    .where('usernameHash', '=', p.usernameHash),
)

export function* clearSignInAttempts(tenant: string, usernameHash: TokenHash): Plan<void> {
  yield* run(deleteAttempts, { tenant, usernameHash })
}
