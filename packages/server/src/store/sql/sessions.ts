// Plans about the sessions of browsers.

import type { TokenHash, UserId } from '../../protocol/ids.ts'
import type { Page } from '../port/page.ts'
import type { BySignIn } from '../port/people.ts'
import type { IdentityStore } from '../port.ts'
import type { GrantRecord, SessionRecord, UserRecord } from '../records.ts'
import { columnsIn, columnsOf, SESSION, USER, valuesOf } from './columns.ts'
import { tagsAreCurrent } from './current-tags.ts'
import { holdPassword } from './hold-password.ts'
import { listedBy, type PageInput } from './page.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { picker } from './row-functions.ts'
import { hasRowLocks, statement } from './statement.ts'

type SessionKey = { tenant: string; hash: TokenHash }

const insertSession = statement((db, p: SessionRecord) =>
  db.insertInto('sessions').values(valuesOf(SESSION, p)),
)

export function* createSession(session: SessionRecord, passwordHash: string | null): Plan<boolean> {
  const held = yield* first(holdPassword, { ...session, passwordHash })
  if (held === undefined) return false
  yield* finishWith([call(insertSession, session)])
  return true
}

type SessionOfGrant = SessionKey &
  Pick<GrantRecord, 'clientId' | 'clientTag' | 'userId' | 'userTag'>

const lockSession = statement((db, p: SessionOfGrant) =>
  db
    .selectFrom('sessions')
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .where(tagsAreCurrent(p))
    .select('id')
    .$if(hasRowLocks(db), (query) => query.forKeyShare()),
)

/**
 * Keeps a session from ending before this transaction does, and nobody from using it meanwhile.
 * @returns false when it has ended, or all tokens of its user or of this app have
 */
export function* holdSession(session: SessionOfGrant): Plan<boolean> {
  return (yield* first(lockSession, session)) !== undefined
}

const selectSession = statement((db, p: SessionKey & { nowSeconds: number }) =>
  db
    .selectFrom('sessions')
    .innerJoin('users', (join) =>
      join.onRef('users.tenant', '=', 'sessions.tenant').onRef('users.id', '=', 'sessions.userId'),
    )
    .where('sessions.tenant', '=', p.tenant)
    .where('sessions.hash', '=', p.hash)
    .where('sessions.expiresAtSeconds', '>', p.nowSeconds)
    .where('sessions.endsAtSeconds', '>', p.nowSeconds)
    .where('users.disabledAtSeconds', 'is', null)
    .select(columnsIn('sessions', SESSION))
    .select([
      'users.tag',
      'users.username',
      'users.name',
      'users.email',
      'users.emailVerified',
      'users.passwordHash',
      'users.locale',
      'users.createdAtSeconds',
      'users.disabledAtSeconds',
    ]),
)

const pickSession = picker(SESSION)
const pickUser = picker(USER, 'id')

export function* findSession(
  tenant: string,
  hash: TokenHash,
  nowSeconds: number,
): Plan<{ session: SessionRecord; user: UserRecord } | null> {
  const row = yield* first(selectSession, { tenant, hash, nowSeconds })
  if (row === undefined) return null
  return { session: pickSession(row, {}), user: pickUser(row, { id: row.userId }) }
}

const updateSession = statement(
  (db, p: SessionKey & { nowSeconds: number; expiresAtSeconds: number }) =>
    db
      .updateTable('sessions')
      .set({ lastSeenAtSeconds: p.nowSeconds, expiresAtSeconds: p.expiresAtSeconds })
      .where('tenant', '=', p.tenant)
      .where('hash', '=', p.hash),
)

export function* touchSession(input: Parameters<IdentityStore['touchSession']>[0]): Plan<void> {
  yield* run(updateSession, input)
}

/** When one was last seen changes: in that order, one would be missed or seen twice. */
const LAST_SIGN_IN_FIRST = listedBy<BySignIn>(['authTimeSeconds', 'id'], 'desc')

type OfUser = Parameters<IdentityStore['listSessions']>[0]

const selectSessions = statement((db, p: PageInput & OfUser) =>
  LAST_SIGN_IN_FIRST.part(
    db
      .selectFrom('sessions')
      .where('tenant', '=', p.tenant)
      .where('userId', '=', p.userId)
      .where('expiresAtSeconds', '>', p.nowSeconds)
      .where('endsAtSeconds', '>', p.nowSeconds)
      .select(columnsOf(SESSION)),
    p,
  ),
)

export const listSessions = (
  input: OfUser,
  page?: Page<BySignIn>,
): Plan<readonly SessionRecord[]> =>
  run(selectSessions, { ...input, ...LAST_SIGN_IN_FIRST.input(page) })

const deleteSession = statement((db, p: SessionKey) =>
  db
    .deleteFrom('sessions')
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .returning('id'),
)

export function* endSession(tenant: string, hash: TokenHash): Plan<boolean> {
  return (yield* first(deleteSession, { tenant, hash })) !== undefined
}

type SessionOfUser = { tenant: string; userId: UserId; id: string }

const deleteSessionById = statement((db, p: SessionOfUser) =>
  db
    .deleteFrom('sessions')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('id', '=', p.id)
    .returning('id'),
)

export function* endSessionById(session: SessionOfUser): Plan<boolean> {
  return (yield* first(deleteSessionById, session)) !== undefined
}

export const deleteUserSessions = statement((db, p: { tenant: string; userId: UserId }) =>
  db.deleteFrom('sessions').where('tenant', '=', p.tenant).where('userId', '=', p.userId),
)
