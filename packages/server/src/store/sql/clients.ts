// Plans about apps and their secrets.

import type { ClientId } from '../../protocol/ids.ts'
import type { ClientStore } from '../port.ts'
import type { ClientRecord, ClientSecretRecord, ClientWithSecrets } from '../records.ts'
import { CLIENT, CLIENT_SECRET, columnsIn, columnsOf, pick, valuesOf } from './columns.ts'
import { first, type Plan, run } from './plan.ts'
import { nextSequence, publish } from './revocations.ts'
import { statement } from './statement.ts'

type ClientKey = { tenant: string; id: ClientId }

/** One row per secret, and one without when there is none: one round trip for what every request needs. */
const selectClient = statement((db, p: ClientKey) =>
  db
    .selectFrom('clients')
    .leftJoin('clientSecrets', (join) =>
      join
        .onRef('clientSecrets.tenant', '=', 'clients.tenant')
        .onRef('clientSecrets.clientId', '=', 'clients.id'),
    )
    .where('clients.tenant', '=', p.tenant)
    .where('clients.id', '=', p.id)
    .select(columnsIn('clients', CLIENT))
    .select([
      'clientSecrets.id as secretId',
      'clientSecrets.name as secretName',
      'clientSecrets.hash',
      'clientSecrets.hint',
      'clientSecrets.createdAtSeconds as secretCreatedAtSeconds',
      'clientSecrets.expiresAtSeconds',
      'clientSecrets.lastUsedAtSeconds',
    ])
    .orderBy('clientSecrets.createdAtSeconds')
    .orderBy('clientSecrets.id'),
)

export function* findClient(tenant: string, id: ClientId): Plan<ClientWithSecrets | null> {
  const rows = yield* run(selectClient, { tenant, id })
  const [row] = rows
  if (row === undefined) return null
  const secrets: ClientSecretRecord[] = []
  for (const found of rows) {
    const { secretId, secretName, secretCreatedAtSeconds, hash, hint } = found
    if (secretId === null || secretName === null || secretCreatedAtSeconds === null) continue
    if (hash === null || hint === null) continue
    secrets.push({
      tenant,
      id: secretId,
      clientId: id,
      name: secretName,
      hash,
      hint,
      createdAtSeconds: secretCreatedAtSeconds,
      expiresAtSeconds: found.expiresAtSeconds,
      lastUsedAtSeconds: found.lastUsedAtSeconds,
    })
  }
  return { client: pick(CLIENT, row), secrets }
}

const selectClients = statement((db, p: { tenant: string }) =>
  db
    .selectFrom('clients')
    .where('tenant', '=', p.tenant)
    .select(columnsOf(CLIENT))
    .orderBy('createdAtSeconds')
    .orderBy('id'),
)

export const listClients = (tenant: string): Plan<readonly ClientRecord[]> =>
  run(selectClients, { tenant })

const insertClient = statement((db, p: ClientRecord) =>
  db
    .insertInto('clients')
    .values(valuesOf(CLIENT, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

const insertClientSecret = statement((db, p: ClientSecretRecord) =>
  db.insertInto('clientSecrets').values(valuesOf(CLIENT_SECRET, p)),
)

export function* createClient(
  client: ClientRecord,
  secret: ClientSecretRecord | null,
): Plan<'created' | 'exists'> {
  if ((yield* first(insertClient, client)) === undefined) return 'exists'
  if (secret !== null) yield* run(insertClientSecret, secret)
  return 'created'
}

export function* addClientSecret(secret: ClientSecretRecord): Plan<void> {
  yield* run(insertClientSecret, secret)
}

const deleteClientSecret = statement(
  (db, p: { tenant: string; clientId: ClientId; secretId: string }) =>
    db
      .deleteFrom('clientSecrets')
      .where('tenant', '=', p.tenant)
      .where('clientId', '=', p.clientId)
      .where('id', '=', p.secretId)
      .returning('id'),
)

export function* revokeClientSecret(
  tenant: string,
  clientId: ClientId,
  secretId: string,
): Plan<boolean> {
  return (yield* first(deleteClientSecret, { tenant, clientId, secretId })) !== undefined
}

const updateSecretUse = statement(
  (db, p: { tenant: string; secretId: string; atSeconds: number }) =>
    db
      .updateTable('clientSecrets')
      .set({ lastUsedAtSeconds: p.atSeconds })
      .where('tenant', '=', p.tenant)
      .where('id', '=', p.secretId),
)

export function* recordSecretUse(tenant: string, secretId: string, atSeconds: number): Plan<void> {
  yield* run(updateSecretUse, { tenant, secretId, atSeconds })
}

const markClientDisabled = statement((db, p: ClientKey & { nowSeconds: number }) =>
  db
    .updateTable('clients')
    .set({ disabledAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('disabledAtSeconds', 'is', null)
    .returning('id'),
)

const endGrantsOfClient = statement((db, p: ClientKey & { nowSeconds: number }) =>
  db
    .updateTable('grants')
    .set({ revokedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.id)
    .where('revokedAtSeconds', 'is', null),
)

export function* disableClient(input: Parameters<ClientStore['disableClient']>[0]): Plan<boolean> {
  if ((yield* first(markClientDisabled, input)) === undefined) return false
  const sequence = yield* nextSequence(input.tenant)
  yield* run(endGrantsOfClient, input)
  yield* publish({ ...input, sequence, kind: 'client', subject: input.id })
  return true
}
