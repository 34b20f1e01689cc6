// Plans about what a user is connected to: for each app and organisation what its grants and the consent say together.

import { expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { UserId } from '../../protocol/ids.ts'
import type { Page } from '../port/page.ts'
import type { Connection, ConnectionKey, GrantStore } from '../port.ts'
import { listedBy, type PageInput } from './page.ts'
import { first, type Plan, run } from './plan.ts'
import type { Database } from './schema.ts'
import { hasRowLocks, statement } from './statement.ts'
import { hasFormerTag } from './voiding.ts'

type OfUser = { readonly tenant: string; readonly userId: UserId }

/** Of those that have ended, some may be waiting for their row to say so. */
function isNotFormer() {
  const eb = expressionBuilder<Database, 'grants'>()
  return eb.not(
    hasFormerTag({
      tenant: eb.ref('grants.tenant'),
      clientTag: eb.ref('grants.clientTag'),
      userTag: eb.ref('grants.userTag'),
    }),
  )
}

export const liveGrantsOf = (db: Kysely<Database>, p: OfUser) =>
  db
    .selectFrom('grants')
    .where('tenant', '=', p.tenant)
    .where('userId', '=', p.userId)
    .where('revokedAtSeconds', 'is', null)
    .where(isNotFormer())

const BY_APP = listedBy<ConnectionKey>(['clientId', 'organisationId'])

/** None is an empty organisation, as consents keep it. */
const partsOf = (db: Kysely<Database>, p: OfUser) =>
  liveGrantsOf(db, p)
    .select((eb) => [
      'clientId',
      eb.fn.coalesce('organisationId', sql.lit('')).as('organisationId'),
      'scopes',
      'createdAtSeconds as sinceSeconds',
      'lastUsedAtSeconds',
    ])
    .unionAll(
      db
        .selectFrom('consents')
        .where('tenant', '=', p.tenant)
        .where('userId', '=', p.userId)
        .select([
          'clientId',
          'organisationId',
          'scopes',
          'grantedAtSeconds as sinceSeconds',
          sql<number | null>`cast(null as bigint)`.as('lastUsedAtSeconds'),
        ]),
    )

/** A list of lists as one text: what a database knows about JSON differs from the other's. */
const allScopes = (db: Kysely<Database>) =>
  sql<string>`'[' || ${sql.raw(hasRowLocks(db) ? 'string_agg' : 'group_concat')}(scopes, ',') || ']'`

const connectionsOf = (db: Kysely<Database>, p: OfUser) =>
  db
    .selectFrom(partsOf(db, p).as('parts'))
    .groupBy(['clientId', 'organisationId'])
    .select(({ fn }) => [
      'clientId',
      'organisationId',
      allScopes(db).as('allScopes'),
      fn.min('sinceSeconds').as('sinceSeconds'),
      fn.max('lastUsedAtSeconds').as('lastUsedAtSeconds'),
    ])

const selectConnections = statement((db, p: PageInput & OfUser) =>
  BY_APP.part(connectionsOf(db, p), p),
)

interface Row extends Omit<Connection, 'organisationId' | 'scopes'> {
  readonly organisationId: string
  readonly allScopes: string
}

export function* listConnections(
  tenant: string,
  userId: UserId,
  page?: Page<ConnectionKey>,
): Plan<readonly Connection[]> {
  const rows = yield* run(selectConnections, { tenant, userId, ...BY_APP.input(page) })
  return rows.map(connectionOf)
}

const selectConnection = statement((db, p: OfUser & ConnectionKey) =>
  connectionsOf(db, p)
    .where('clientId', '=', p.clientId)
    .where(sql<SqlBool>`organisation_id = ${p.organisationId}`),
)

export function* findConnection(
  key: Parameters<GrantStore['findConnection']>[0],
): Plan<Connection | null> {
  const organisationId = key.organisationId ?? ''
  const row = yield* first(selectConnection, { ...key, organisationId })
  return row === undefined ? null : connectionOf(row)
}

function connectionOf({ allScopes, organisationId, ...row }: Row): Connection {
  const lists = JSON.parse(allScopes) as readonly (readonly string[])[]
  const scopes = [...new Set(lists.flat())].toSorted()
  return { ...row, organisationId: organisationId || null, scopes }
}
