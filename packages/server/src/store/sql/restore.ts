// Plans for a database that was just restored: what `ostiary restore` looks up in it and ends, before any server runs.

import { sql } from 'kysely'
import type { RevocationTag } from '../../protocol/ids.ts'
import {
  KIND_OF_SOURCE,
  type Restoration,
  type RestoredDatabase,
  type RestoredState,
  type RestoredSubject,
  type TenantRestoration,
} from '../port/restore.ts'
import { recordAuditEvent } from './audit-events.ts'
import { listKeys } from './keys.ts'
import { type Driver, first, type Plan, run } from './plan.ts'
import { publish } from './publish.ts'
import { newTagIn, type Statement, statement } from './statement.ts'

export function createRestoredDatabase(driver: Driver): RestoredDatabase {
  return {
    look: () => driver.read(look),
    listSubjects: (input) => driver.read(() => run(SUBJECTS[input.source], input)),
    listKeys: (tenant, nowSeconds) => driver.read(() => listKeys(tenant, nowSeconds)),
    restore: (restoration) => driver.transact(() => restore(restoration)),
    close: () => driver.close(),
  }
}

const selectEpoch = statement((db, _input: object) => db.selectFrom('feeds').select('epoch'))

/** Every tenant that ever signed, or revoked, or gave anything. */
const selectTenants = statement((db, _input: object) =>
  db
    .selectFrom((every) =>
      every
        .selectFrom('signingKeys')
        .select('tenant')
        .union(every.selectFrom('revocationSequences').select('tenant'))
        .union(every.selectFrom('grants').select('tenant'))
        .as('known'),
    )
    .leftJoin('revocationSequences as numbers', 'numbers.tenant', 'known.tenant')
    .select((eb) => [
      'known.tenant',
      eb.fn.coalesce('numbers.sequence', eb.lit(0)).as('lastSequence'),
    ])
    .orderBy('known.tenant'),
)

/** All tables in which something is left by whatever a server does. */
const selectNewest = statement((db, _input: object) =>
  db
    .selectFrom((every) =>
      every
        .selectFrom('auditEvents')
        .select((eb) => eb.fn.max('atSeconds').as('atSeconds'))
        .unionAll(
          every.selectFrom('grants').select((eb) => eb.fn.max('createdAtSeconds').as('atSeconds')),
        )
        .unionAll(
          every
            .selectFrom('refreshTokens')
            .select((eb) => eb.fn.max('issuedAtSeconds').as('atSeconds')),
        )
        .unionAll(
          every
            .selectFrom('sessions')
            .select((eb) => eb.fn.max('lastSeenAtSeconds').as('atSeconds')),
        )
        .unionAll(
          every
            .selectFrom('clients')
            .select((eb) =>
              eb.fn.max(eb.fn.coalesce('lastUsedAtSeconds', 'createdAtSeconds')).as('atSeconds'),
            ),
        )
        .as('moments'),
    )
    .select((eb) => eb.fn.max('moments.atSeconds').as('atSeconds')),
)

function* look(): Plan<RestoredState> {
  const feed = yield* first(selectEpoch, {})
  if (feed === undefined) throw new Error('the database has no feed of revocations')
  const tenants = yield* run(selectTenants, {})
  const newest = yield* first(selectNewest, {})
  return { epoch: feed.epoch, tenants, newestAtSeconds: newest?.atSeconds ?? 0 }
}

type Page = Parameters<RestoredDatabase['listSubjects']>[0]

const SUBJECTS: Readonly<Record<Page['source'], Statement<Page, RestoredSubject>>> = {
  grants: statement((db, p: Page) =>
    db
      .selectFrom('grants')
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>('id'), '>', p.afterId)
      .where('revokedAtSeconds', 'is', null)
      .select((eb) => [
        sql.ref<string>('id').as('id'),
        eb.lit(null).as('tag'),
        eb.lit(null).as('name'),
      ])
      .orderBy('id')
      .limit(p.limit),
  ),
  users: statement((db, p: Page) =>
    db
      .selectFrom('users')
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>('id'), '>', p.afterId)
      .select([sql.ref<string>('id').as('id'), 'tag', 'username as name'])
      .orderBy('id')
      .limit(p.limit),
  ),
  clients: actingAsClient('clients'),
  applicationKeys: actingAsClient('applicationKeys'),
  trustedIssuers: actingAsClient('trustedIssuers'),
}

function actingAsClient(table: 'clients' | 'applicationKeys' | 'trustedIssuers') {
  return statement((db, p: Page) =>
    db
      .selectFrom(table)
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>('id'), '>', p.afterId)
      .select([sql.ref<string>('id').as('id'), 'tag', 'name'])
      .orderBy('id')
      .limit(p.limit),
  )
}

const renewEpoch = statement((db, p: { epoch: string }) =>
  db.updateTable('feeds').set({ epoch: p.epoch }),
)

/** Far above what any process remembers: none may take what it read before for what is there now. */
const SKIPPED_CHANGES = 1_000_000

const skipChanges = statement((db, _input: object) =>
  db
    .updateTable('changeSequences')
    .set((eb) => ({ sequence: eb('sequence', '+', eb.lit(SKIPPED_CHANGES)) })),
)

/** A sign-out since the backup must not be undone, and nobody can tell which sessions it ended. */
const deleteSessions = statement((db, _input: object) => db.deleteFrom('sessions'))

/** Any of them may have been redeemed since. */
const deleteCodes = statement((db, _input: object) =>
  db.deleteFrom('codes').where('redeemedAtSeconds', 'is', null),
)

/**
 * What they signed is void, known to the database or not, and no clock has a say in it. The first server makes others,
 * as for a new database; the `next` one may have come into use since, and goes too.
 */
const deleteSigningKeys = statement((db, _input: object) => db.deleteFrom('signingKeys'))

/** The same for opaque ones. */
const deleteAccessTokens = statement((db, _input: object) => db.deleteFrom('accessTokens'))

const setSequence = statement((db, p: { tenant: string; firstSequence: number }) =>
  db
    .insertInto('revocationSequences')
    .values({ tenant: p.tenant, sequence: p.firstSequence })
    .onConflict((conflict) =>
      conflict.column('tenant').doUpdateSet((eb) => ({ sequence: eb.ref('excluded.sequence') })),
    ),
)

type OfTenant = { tenant: string; nowSeconds: number }

const endAllGrants = statement((db, p: OfTenant) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('revokedAtSeconds', 'is', null),
)

/**
 * Any refresh token that a use replaces may have been spent since, and nothing tells which. One that stays the same is
 * never spent: only an app that is so registered has it, and only where it was given for a proof of the app, because
 * without one it rotates all the same. Consents stay, for nobody took anything back.
 */
const endRotatingGrants = statement((db, p: OfTenant) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('revokedAtSeconds', 'is', null)
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('refreshTokens')
        .leftJoin('clients', (join) =>
          join
            .onRef('clients.tenant', '=', 'refreshTokens.tenant')
            .onRef('clients.id', '=', 'refreshTokens.clientId')
            .on('clients.refreshPolicy', '=', 'stable')
            .on(sql.ref<number>('refreshTokens.clientAuthenticated'), '=', sql.lit(1)),
        )
        .where('refreshTokens.tenant', '=', p.tenant)
        .where('refreshTokens.rotatedAtSeconds', 'is', null)
        .where('clients.id', 'is', null)
        .select('refreshTokens.grantId'),
    ),
)

const deleteAllConsents = statement((db, p: OfTenant) =>
  db.deleteFrom('consents').where('tenant', '=', p.tenant),
)

/**
 * A consent that was taken back is told of by the grants that ended with it. Where there was none left at the time of
 * the backup, nothing tells: whether of this consent or of a grant that came after it.
 */
const deleteConsentsAlone = statement((db, p: OfTenant) =>
  db
    .deleteFrom('consents')
    .where('tenant', '=', p.tenant)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('grants')
            .where('grants.tenant', '=', p.tenant)
            .whereRef('grants.userId', '=', 'consents.userId')
            .whereRef('grants.clientId', '=', 'consents.clientId')
            // A consent without an organisation is kept under an empty one.
            .where((its) =>
              its(
                its.fn.coalesce('grants.organisationId', sql.lit('')),
                '=',
                its.ref('consents.organisationId'),
              ),
            )
            .where('grants.revokedAtSeconds', 'is', null)
            .where('grants.endsAtSeconds', '>', p.nowSeconds)
            .select('grants.id'),
        ),
      ),
    ),
)

function* restore({ epoch, nowSeconds, issuedUntilSeconds, tenants }: Restoration): Plan<void> {
  yield* run(renewEpoch, { epoch })
  yield* run(skipChanges, {})
  yield* run(deleteSessions, {})
  yield* run(deleteCodes, {})
  yield* run(deleteSigningKeys, {})
  yield* run(deleteAccessTokens, {})
  for (const restoration of tenants) {
    const { tenant, ends, isKnown, firstSequence: sequence } = restoration
    yield* run(setSequence, restoration)
    yield* publish({
      tenant,
      sequence,
      kind: 'tenant',
      subject: '',
      nowSeconds: issuedUntilSeconds,
    })
    if (isKnown) yield* run(deleteConsentsAlone, { tenant, nowSeconds })
    if (ends === 'all') {
      yield* run(endAllGrants, { tenant, nowSeconds })
      yield* run(deleteAllConsents, { tenant, nowSeconds })
    }
    if (ends === 'rotating') yield* run(endRotatingGrants, { tenant, nowSeconds })
    yield* endSubjects(restoration, nowSeconds)
    yield* renewTags({ tenant, nowSeconds })
    yield* recordAuditEvent({
      ...{ tenant, atSeconds: nowSeconds, action: 'database.restored', actor: 'cli' },
      ...{ target: `feed:${epoch}`, requestId: null },
    })
  }
}

type Subject = OfTenant & { id: string }

const deleteConsentOfGrant = statement((db, p: Subject) =>
  db
    .deleteFrom('consents')
    .where('tenant', '=', p.tenant)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('grants')
          .where('grants.tenant', '=', p.tenant)
          .where(sql.ref<string>('grants.id'), '=', p.id)
          .whereRef('grants.userId', '=', 'consents.userId')
          .whereRef('grants.clientId', '=', 'consents.clientId')
          .select('grants.id'),
      ),
    ),
)

const deleteConsentsOf = (owner: 'userId' | 'clientId') =>
  statement((db, p: Subject) =>
    db
      .deleteFrom('consents')
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>(owner), '=', p.id),
  )

const endGrantsBy = (column: 'id' | 'userId' | 'clientId') =>
  statement((db, p: Subject) =>
    db
      .updateTable('grants')
      .set({ revokedAtSeconds: p.nowSeconds })
      .where('tenant', '=', p.tenant)
      .where(sql.ref<string>(column), '=', p.id)
      .where('revokedAtSeconds', 'is', null),
  )

/** Whoever took back what an app was allowed is asked again when that app comes again: the consents go too. */
const ENDINGS = {
  grant: { consents: deleteConsentOfGrant, grants: endGrantsBy('id') },
  user: { consents: deleteConsentsOf('userId'), grants: endGrantsBy('userId') },
  client: { consents: deleteConsentsOf('clientId'), grants: endGrantsBy('clientId') },
}

function* endSubjects({ tenant, ended }: TenantRestoration, nowSeconds: number): Plan<void> {
  for (const { source, id } of ended) {
    const kind = KIND_OF_SOURCE[source]
    const { grants, consents } = ENDINGS[kind]
    yield* run(consents, { tenant, nowSeconds, id })
    yield* run(grants, { tenant, nowSeconds, id })
  }
}

const HOLDERS = ['clients', 'applicationKeys', 'trustedIssuers', 'users'] as const

/** Those of a former tag: their turn to be ended had not come when the backup was made. */
const endFormerGrants = statement((db, p: OfTenant) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('revokedAtSeconds', 'is', null)
    .where(({ eb, or, not, exists }) => {
      const hasTagIn = (table: (typeof HOLDERS)[number], tag: 'clientTag' | 'userTag') =>
        exists(
          eb
            .selectFrom(table)
            .where(`${table}.tenant`, '=', p.tenant)
            .whereRef(sql.ref(`${table}.id`), '=', tag === 'userTag' ? 'userId' : 'clientId')
            .whereRef(sql.ref(`${table}.tag`), '=', `grants.${tag}`)
            .select(sql.lit(1).as('found')),
        )
      const [clients, keys, issuers] = HOLDERS.map((table) => hasTagIn(table, 'clientTag'))
      return or([
        not(or([clients, keys, issuers].filter((each) => each !== undefined))),
        eb.and([eb('grants.userTag', 'is not', null), not(hasTagIn('users', 'userTag'))]),
      ])
    }),
)

const renewTagsIn = HOLDERS.map((table) =>
  statement((db, p: OfTenant) =>
    db
      .updateTable(table)
      .set({ tag: newTagIn(db) })
      .where('tenant', '=', p.tenant),
  ),
)

/** Live ones go on under the new tags. */
const takeOverTags = statement((db, p: OfTenant) =>
  db
    .updateTable('grants')
    .set((eb) => {
      const tagIn = (table: (typeof HOLDERS)[number], id: 'grants.clientId' | 'grants.userId') =>
        eb
          .selectFrom(table)
          .where(`${table}.tenant`, '=', p.tenant)
          .whereRef(sql.ref(`${table}.id`), '=', id)
          .select(sql.ref<RevocationTag>(`${table}.tag`).as('tag'))
      return {
        clientTag: eb.fn.coalesce(
          tagIn('clients', 'grants.clientId'),
          tagIn('applicationKeys', 'grants.clientId'),
          tagIn('trustedIssuers', 'grants.clientId'),
          'grants.clientTag',
        ) as never,
        userTag: tagIn('users', 'grants.userId'),
      }
    })
    .where('tenant', '=', p.tenant)
    .where('revokedAtSeconds', 'is', null),
)

const forgetUnfinished = statement((db, p: OfTenant) =>
  db.deleteFrom('unfinishedEndings').where('tenant', '=', p.tenant),
)

/**
 * A tag of the backup may have been voided since, and APIs keep the lines that they have read: who has one again would
 * get tokens that they refuse for a day. So all get others, and what is live goes on with those.
 */
function* renewTags(input: OfTenant): Plan<void> {
  yield* run(endFormerGrants, input)
  for (const renew of renewTagsIn) yield* run(renew, input)
  yield* run(takeOverTags, input)
  yield* run(forgetUnfinished, input)
}
