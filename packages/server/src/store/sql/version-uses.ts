// Plans about how often apps call which version of the API.

import { type Kysely, type SqlBool, sql } from 'kysely'
import type { ClientId } from '../../protocol/ids.ts'
import type { Page } from '../port/page.ts'
import type { VersionUses, VersionUsesKey, VersionUsesOf } from '../port/versions.ts'
import type { OneTimeId } from '../port.ts'
import type { VersionUseRecord } from '../records.ts'
import { claimOnce } from './one-time-ids.ts'
import { listedBy, type PageInput } from './page.ts'
import { call, finishWith, type Plan, run } from './plan.ts'
import type { Database } from './schema.ts'
import { statement, wholeSum } from './statement.ts'

/** Nothing is counted for an app that does not exist. PostgreSQL has to be told what a bare input is. */
const addUses = statement((db, p: VersionUseRecord) => {
  const isKnown = (table: 'clients' | 'applicationKeys') =>
    sql<SqlBool>`exists (select 1 from ${sql.table(table)} where tenant = ${p.tenant} and id = ${p.clientId})`
  const query = sql`
    insert into version_uses (tenant, client_id, version, day, calls)
    select ${p.tenant}, ${p.clientId}, ${p.version}, ${p.day}, cast(${p.calls} as bigint)
    where ${isKnown('clients')} or ${isKnown('applicationKeys')}
    on conflict (tenant, client_id, version, day)
    do update set calls = version_uses.calls + excluded.calls`
  return { compile: () => query.compile(db) }
})

export function* recordVersionUses({
  uses,
  batch,
}: {
  uses: readonly VersionUseRecord[]
  batch: OneTimeId | null
}): Plan<'recorded' | 'already_recorded'> {
  if (batch !== null && !(yield* claimOnce(batch))) return 'already_recorded'
  yield* finishWith(uses.toSorted(byKey).map((use) => call(addUses, use)))
  return 'recorded'
}

/** Two batches that touch the same rows touch them in the same order, so that neither waits for the other. */
function byKey(a: VersionUseRecord, b: VersionUseRecord): number {
  return Number(keyOf(a) > keyOf(b)) - Number(keyOf(a) < keyOf(b))
}

function keyOf({ clientId, version, day }: VersionUseRecord): string {
  return `${day} ${version} ${clientId}`
}

const BY_APP = listedBy<VersionUsesKey>(['clientId', 'version'])

type UsesInput = PageInput & { tenant: string; fromDay: string }

const sumsOf = (db: Kysely<Database>, p: UsesInput) =>
  BY_APP.part(
    db
      .selectFrom('versionUses')
      .where('tenant', '=', p.tenant)
      .where('day', '>=', p.fromDay)
      .groupBy(['clientId', 'version'])
      .select(({ fn }) => [
        'clientId',
        'version',
        wholeSum('calls').as('calls'),
        fn.max('day').as('lastDay'),
      ]),
    p,
  )

const selectUses = statement(sumsOf)

const selectUsesOfClient = statement((db, p: UsesInput & { clientId: ClientId }) =>
  sumsOf(db, p).where('clientId', '=', p.clientId),
)

export const listVersionUses = (
  { tenant, clientId, fromDay }: VersionUsesOf,
  page?: Page<VersionUsesKey>,
): Plan<readonly VersionUses[]> => {
  const input = { tenant, fromDay, ...BY_APP.input(page) }
  return clientId === null
    ? run(selectUses, input)
    : run(selectUsesOfClient, { ...input, clientId })
}
