// Keeps whatever is to be ended from changing before this transaction does, and reads the tag that its tokens carry.

import type { ClientId, UserId } from '../../protocol/ids.ts'
import { hasRowLocks, statement } from './statement.ts'

export const holdUserTag = statement((db, p: { tenant: string; userId: UserId }) =>
  db
    .selectFrom('users')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId)
    .select(['tag', 'disabledAtSeconds'])
    .$if(hasRowLocks(db), (query) => query.forUpdate()),
)

type Key = { tenant: string; id: ClientId }

export const holdClientTag = statement((db, p: Key) =>
  db
    .selectFrom('clients')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('disabledAtSeconds', 'is', null)
    .select('tag')
    .$if(hasRowLocks(db), (query) => query.forUpdate()),
)

/** Of a key or an issuer that is not suspended. */
export const holdOpenerTag = {
  applicationKeys: holdTagIn('applicationKeys'),
  trustedIssuers: holdTagIn('trustedIssuers'),
}

function holdTagIn(table: 'applicationKeys' | 'trustedIssuers') {
  return statement((db, p: Key) =>
    db
      .selectFrom(table)
      .where('tenant', '=', p.tenant)
      .where('id', '=', p.id)
      .where('suspendedAtSeconds', 'is', null)
      .select('tag')
      .$if(hasRowLocks(db), (query) => query.forUpdate()),
  )
}
