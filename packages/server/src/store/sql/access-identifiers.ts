// Plans about what stands for a user when an application key or an identity JWT is exchanged.

import type { TokenHash, UserId } from '../../protocol/ids.ts'
import type { ByAge, Page } from '../port/page.ts'
import type { AccessIdentifierEnding } from '../port.ts'
import type { AccessIdentifierRecord, UserRecord } from '../records.ts'
import { ACCESS_IDENTIFIER, columnsIn, columnsOf, USER, valuesOf } from './columns.ts'
import { endGrantsOfIdentifier } from './endings.ts'
import { OLDEST_FIRST, type PageInput } from './page.ts'
import { first, type Plan, run } from './plan.ts'
import { picker } from './row-functions.ts'
import { statement } from './statement.ts'

type Kind = AccessIdentifierRecord['kind']

const insertIdentifier = statement((db, p: AccessIdentifierRecord) =>
  db
    .insertInto('accessIdentifiers')
    .values(valuesOf(ACCESS_IDENTIFIER, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export function* createAccessIdentifier(
  identifier: AccessIdentifierRecord,
): Plan<'created' | 'exists'> {
  return (yield* first(insertIdentifier, identifier)) === undefined ? 'exists' : 'created'
}

const selectIdentifier = statement((db, p: { tenant: string; kind: Kind; hash: TokenHash }) =>
  db
    .selectFrom('accessIdentifiers')
    .innerJoin('users', (join) =>
      join
        .onRef('users.tenant', '=', 'accessIdentifiers.tenant')
        .onRef('users.id', '=', 'accessIdentifiers.userId'),
    )
    .where('accessIdentifiers.tenant', '=', p.tenant)
    .where('accessIdentifiers.kind', '=', p.kind)
    .where('accessIdentifiers.hash', '=', p.hash)
    .select(columnsIn('accessIdentifiers', ACCESS_IDENTIFIER))
    .select([
      'users.tag',
      'users.username',
      'users.name',
      'users.email',
      'users.emailVerified',
      'users.passwordHash',
      'users.locale',
      'users.createdAtSeconds as userCreatedAtSeconds',
      'users.disabledAtSeconds',
    ]),
)

const pickIdentifier = picker(ACCESS_IDENTIFIER)
const pickUser = picker(USER, 'id', 'createdAtSeconds')

export function* findAccessIdentifier(
  tenant: string,
  kind: Kind,
  hash: TokenHash,
): Plan<{ identifier: AccessIdentifierRecord; user: UserRecord } | null> {
  const row = yield* first(selectIdentifier, { tenant, kind, hash })
  if (row === undefined) return null
  const { userId: id, userCreatedAtSeconds: createdAtSeconds } = row
  return {
    identifier: pickIdentifier(row, {}),
    user: pickUser(row, { id, createdAtSeconds }),
  }
}

const selectIdentifiers = statement((db, p: PageInput & { tenant: string; userId: UserId }) =>
  OLDEST_FIRST.part(
    db
      .selectFrom('accessIdentifiers')
      .where('tenant', '=', p.tenant)
      .where('userId', '=', p.userId)
      .select(columnsOf(ACCESS_IDENTIFIER)),
    p,
  ),
)

export const listAccessIdentifiers = (
  tenant: string,
  userId: UserId,
  page?: Page<ByAge>,
): Plan<readonly AccessIdentifierRecord[]> =>
  run(selectIdentifiers, { tenant, userId, ...OLDEST_FIRST.input(page) })

const updateUse = statement((db, p: { tenant: string; id: string; atSeconds: number }) =>
  db
    .updateTable('accessIdentifiers')
    .set({ lastUsedAtSeconds: p.atSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* recordAccessIdentifierUse(
  tenant: string,
  id: string,
  atSeconds: number,
): Plan<void> {
  yield* run(updateUse, { tenant, id, atSeconds })
}

const removeIdentifier = statement((db, p: { tenant: string; id: string }) =>
  db
    .deleteFrom('accessIdentifiers')
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .returning('id'),
)

export function* deleteAccessIdentifier(input: AccessIdentifierEnding): Plan<boolean> {
  if ((yield* first(removeIdentifier, input)) === undefined) return false
  yield* endGrantsOfIdentifier(input)
  return true
}
