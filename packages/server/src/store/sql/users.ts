// Plans about users and the organisations they belong to.

import { type Compilable, type Kysely, sql } from 'kysely'
import type { RevocationTag, UserId } from '../../protocol/ids.ts'
import type { ByAge, Page } from '../port/page.ts'
import type { ListedUser } from '../port/people.ts'
import type { IdentityStore, UserEnding } from '../port.ts'
import type { Membership, MembershipRecord, UserRecord } from '../records.ts'
import { columnsOf, TABLES, USER, valuesOf } from './columns.ts'
import { endHolder } from './endings.ts'
import { holdUserTag } from './hold-tags.ts'
import { OLDEST_FIRST, type PageInput } from './page.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import type { Database } from './schema.ts'
import { deleteUserSessions } from './sessions.ts'
import { statement } from './statement.ts'

const EMAIL = { email: USER.email, emailVerified: USER.emailVerified }

type UserKey = { tenant: string; userId: UserId }

export const insertUser = statement((db, p: UserRecord) =>
  db
    .insertInto('users')
    .values(valuesOf(USER, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export const insertMembership = statement((db, p: MembershipRecord) =>
  db.insertInto('memberships').values(valuesOf(TABLES.memberships, p)),
)

export function* createUser(
  user: UserRecord,
  memberships: readonly MembershipRecord[],
): Plan<'created' | 'exists'> {
  if ((yield* first(insertUser, user)) === undefined) return 'exists'
  yield* finishWith(memberships.map((membership) => call(insertMembership, membership)))
  return 'created'
}

const selectUser = statement((db, p: UserKey) =>
  db
    .selectFrom('users')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId)
    .select(columnsOf(USER)),
)

export function* findUser(tenant: string, userId: UserId): Plan<UserRecord | null> {
  return (yield* first(selectUser, { tenant, userId })) ?? null
}

const selectUserByUsername = statement((db, p: { tenant: string; username: string }) =>
  db
    .selectFrom('users')
    .where('tenant', '=', p.tenant)
    .where('username', '=', p.username)
    .select(columnsOf(USER)),
)

export function* findUserByUsername(tenant: string, username: string): Plan<UserRecord | null> {
  return (yield* first(selectUserByUsername, { tenant, username })) ?? null
}

/** One statement, so that no name takes longer than another. Of those with the address, two are enough to be one too many. */
const selectUsersForSignIn = statement((db, p: { tenant: string; name: string }) =>
  db
    .selectFrom('users')
    .where('tenant', '=', p.tenant)
    .where((eb) =>
      eb.or([
        eb('username', '=', p.name),
        eb.and([
          eb(eb.fn<string>('lower', ['email']), '=', p.name),
          // As the index has it: a value that is passed in would not find it.
          sql<boolean>`email_verified = 1`,
        ]),
      ]),
    )
    .select(columnsOf(USER))
    .orderBy((eb) => eb.case().when('username', '=', p.name).then(0).else(1).end())
    .limit(2),
)

export function* findUserForSignIn(tenant: string, name: string): Plan<UserRecord | null> {
  const [found, another] = yield* run(selectUsersForSignIn, { tenant, name })
  return found !== undefined && (found.username === name || another === undefined) ? found : null
}

type UserPage = PageInput & { tenant: string }

const selectUsers = statement((db, p: UserPage) =>
  OLDEST_FIRST.part(
    db.selectFrom('users').where('tenant', '=', p.tenant).select(columnsOf(USER)),
    p,
  ),
)

const membershipsWithPlaces = (db: Kysely<Database>, p: { tenant: string }) =>
  db
    .selectFrom('memberships')
    .innerJoin('organisations', (join) =>
      join
        .onRef('organisations.tenant', '=', 'memberships.tenant')
        .onRef('organisations.id', '=', 'memberships.organisationId'),
    )
    .leftJoin('units', (join) =>
      join
        .onRef('units.tenant', '=', 'memberships.tenant')
        .onRef('units.id', '=', 'memberships.defaultUnitId')
        // A unit of another organisation is no unit of this membership, whatever is written there.
        .onRef('units.organisationId', '=', 'memberships.organisationId'),
    )
    .where('memberships.tenant', '=', p.tenant)
    .select([
      'memberships.userId',
      'organisations.id',
      'organisations.name',
      'organisations.createdAtSeconds',
      'units.id as unitId',
      'units.name as unitName',
      'memberships.furtherUnitIds',
      'memberships.role',
    ])
    .orderBy('organisations.createdAtSeconds')
    .orderBy('organisations.id')

const selectMemberships = statement((db, p: UserKey) =>
  membershipsWithPlaces(db, p).where('memberships.userId', '=', p.userId),
)

const selectMembershipsOfPage = statement((db, p: UserPage) =>
  membershipsWithPlaces(db, p).where(
    'memberships.userId',
    'in',
    OLDEST_FIRST.part(db.selectFrom('users').where('tenant', '=', p.tenant).select('id'), p),
  ),
)

type MembershipRow =
  ReturnType<(typeof selectMemberships)['build']> extends Compilable<infer Row> ? Row : never

function membershipOf(tenant: string, row: MembershipRow): Membership {
  const { userId: _, unitId, unitName, furtherUnitIds, role, ...organisation } = row
  return {
    organisation: { tenant, ...organisation },
    furtherUnitIds,
    role,
    defaultUnit:
      unitId === null || unitName === null
        ? null
        : { tenant, id: unitId, organisationId: organisation.id, name: unitName },
  }
}

export function* listUsers(tenant: string, page?: Page<ByAge>): Plan<readonly ListedUser[]> {
  const input = { tenant, ...OLDEST_FIRST.input(page) }
  const users = yield* run(selectUsers, input)
  const rows = Map.groupBy(yield* run(selectMembershipsOfPage, input), ({ userId }) => userId)
  return users.map((user) => ({
    ...user,
    memberships: (rows.get(user.id) ?? []).map((row) => membershipOf(tenant, row)),
  }))
}

export function* listMemberships(tenant: string, userId: UserId): Plan<readonly Membership[]> {
  const rows = yield* run(selectMemberships, { tenant, userId })
  return rows.map((row) => membershipOf(tenant, row))
}

type RoleChange = Parameters<IdentityStore['changeRole']>[0]

const setRole = statement((db, p: RoleChange) =>
  db
    .updateTable('memberships')
    .set({ role: p.role })
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('organisationId', '=', p.organisationId)
    .returning('role'),
)

export function* changeRole(input: RoleChange): Plan<boolean> {
  return (yield* first(setRole, input)) !== undefined
}

type EmailChange = Parameters<IdentityStore['changeEmail']>[0]

const setEmail = statement((db, p: EmailChange) =>
  db
    .updateTable('users')
    .set(valuesOf<Pick<UserRecord, 'email' | 'emailVerified'>>(EMAIL, p))
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId)
    .returning('id'),
)

export function* changeEmail(input: EmailChange): Plan<boolean> {
  return (yield* first(setEmail, input)) !== undefined
}

type PasswordChange = Parameters<IdentityStore['changePassword']>[0]

const setPasswordHash = statement((db, p: PasswordChange) =>
  db
    .updateTable('users')
    .set({ passwordHash: p.passwordHash, tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId),
)

const replacePasswordHash = statement((db, p: UserKey & { before: string; after: string }) =>
  db
    .updateTable('users')
    .set({ passwordHash: p.after })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId)
    .where('passwordHash', '=', p.before)
    .returning('id'),
)

export function* updatePasswordHash(
  input: Parameters<IdentityStore['updatePasswordHash']>[0],
): Plan<boolean> {
  return (yield* first(replacePasswordHash, input)) !== undefined
}

export function* changePassword(input: PasswordChange): Plan<boolean> {
  const held = yield* first(holdUserTag, input)
  if (held === undefined) return false
  yield* run(setPasswordHash, input)
  yield* endEverything(held.tag, input)
  return true
}

const markUserDisabled = statement((db, p: UserEnding) =>
  db
    .updateTable('users')
    .set({ disabledAtSeconds: p.nowSeconds, tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.userId),
)

export function* disableUser(input: UserEnding): Plan<boolean> {
  const held = yield* first(holdUserTag, input)
  if (held === undefined || held.disabledAtSeconds !== null) return false
  yield* run(markUserDisabled, input)
  yield* endEverything(held.tag, input)
  return true
}

function* endEverything(tag: RevocationTag, input: UserEnding): Plan<void> {
  yield* run(deleteUserSessions, input)
  yield* endHolder({ kind: 'user', id: input.userId, tag }, input)
}
