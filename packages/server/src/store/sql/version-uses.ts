// Plans about how often apps call which version of the API.

import { type SqlBool, sql } from 'kysely'
import type { ClientId } from '../../protocol/ids.ts'
import type { OneTimeId } from '../port.ts'
import type { VersionUseRecord } from '../records.ts'
import { columnsOf, VERSION_USE } from './columns.ts'
import { claimOnce } from './one-time-ids.ts'
import { call, finishWith, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

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

const selectUses = statement((db, p: { tenant: string; fromDay: string }) =>
  db
    .selectFrom('versionUses')
    .where('tenant', '=', p.tenant)
    .where('day', '>=', p.fromDay)
    .select(columnsOf(VERSION_USE))
    .orderBy('day')
    .orderBy('clientId')
    .orderBy('version'),
)

const selectUsesOfClient = statement(
  (db, p: { tenant: string; clientId: ClientId; fromDay: string }) =>
    db
      .selectFrom('versionUses')
      .where('tenant', '=', p.tenant)
      .where('clientId', '=', p.clientId)
      .where('day', '>=', p.fromDay)
      .select(columnsOf(VERSION_USE))
      .orderBy('day')
      .orderBy('version'),
)

export const listVersionUses = ({
  tenant,
  clientId,
  fromDay,
}: {
  tenant: string
  clientId: ClientId | null
  fromDay: string
}): Plan<readonly VersionUseRecord[]> =>
  clientId === null
    ? run(selectUses, { tenant, fromDay })
    : run(selectUsesOfClient, { tenant, clientId, fromDay })
