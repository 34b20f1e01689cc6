// Keeps the password of a user from changing before this transaction ends, for what hangs on its having been right.

import type { UserId } from '../../protocol/ids.ts'
import { type HolderFacts, tagsAreCurrent } from './current-tags.ts'
import { hasRowLocks, statement } from './statement.ts'

/** No row when it is another one by now, or the user is disabled. Shared: holders do not wait for each other. */
export const holdPassword = statement(
  (db, p: { tenant: string; userId: UserId; passwordHash: string | null }) =>
    db
      .selectFrom('users')
      .where('tenant', '=', p.tenant)
      .where('id', '=', p.userId)
      // Who signs in without a password has none, and `=` holds for no null.
      .where('passwordHash', 'is not distinct from', p.passwordHash)
      .where('disabledAtSeconds', 'is', null)
      .select('id')
      .$if(hasRowLocks(db), (query) => query.forShare()),
)

type GrantByPassword = HolderFacts & { tenant: string; userId: UserId; passwordHash: string | null }

/** The same for a grant: nor when the tokens of the user, or of the app, have been ended. */
export const holdPasswordOfGrant = statement((db, p: GrantByPassword) =>
  db
    .selectFrom('users')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId)
    .where('passwordHash', '=', p.passwordHash)
    .where('disabledAtSeconds', 'is', null)
    .where(tagsAreCurrent(p))
    .select('id')
    .$if(hasRowLocks(db), (query) => query.forShare()),
)
