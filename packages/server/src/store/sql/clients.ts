// Plans about apps and their secrets.

import { isDeepStrictEqual } from 'node:util'
import type { ClientId } from '../../protocol/ids.ts'
import type { ClientEnding } from '../port.ts'
import type { ClientRecord, ClientSecretRecord, ClientWithSecrets } from '../records.ts'
import { finishAndAnnounce, readSequence } from './change-sequences.ts'
import { CLIENT, CLIENT_SECRET, columnsIn, columnsOf, pick, valuesOf } from './columns.ts'
import { endCodesOfClient } from './end-codes.ts'
import { call, first, type Plan, run, type StatementCall } from './plan.ts'
import { nextSequence, publish } from './revocations.ts'
import { statement } from './statement.ts'

type ClientKey = { tenant: string; id: ClientId }

/** The change sequence of apps and their secrets. */
const CLIENTS = 'clients'

export const clientsSequence = (): Plan<number> => readSequence(CLIENTS)

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
      'clientSecrets.lastUsedAtSeconds as secretLastUsedAtSeconds',
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
      lastUsedAtSeconds: found.secretLastUsedAtSeconds,
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

const selectClientsOfOrganisation = statement((db, p: { tenant: string; organisationId: string }) =>
  db
    .selectFrom('clients')
    .where('tenant', '=', p.tenant)
    .where('organisationId', '=', p.organisationId)
    .select(columnsOf(CLIENT))
    .orderBy('createdAtSeconds')
    .orderBy('id'),
)

export const listClientsOfOrganisation = (
  tenant: string,
  organisationId: string,
): Plan<readonly ClientRecord[]> => run(selectClientsOfOrganisation, { tenant, organisationId })

const selectVouchedNames = statement((db, p: { tenant: string }) =>
  db
    .selectFrom('clients')
    .where('tenant', '=', p.tenant)
    .where('disabledAtSeconds', 'is', null)
    .where((eb) => eb.or([eb('party', '=', 'first'), eb('publisher', 'is not', null)]))
    .select('name')
    .orderBy('id'),
)

export function* listVouchedNames(tenant: string): Plan<readonly string[]> {
  return (yield* run(selectVouchedNames, { tenant })).map(({ name }) => name)
}

export const selectDeletion = statement((db, p: ClientKey & { createdAtSeconds: number }) =>
  db
    .selectFrom('revocations')
    .where('tenant', '=', p.tenant)
    .where('kind', '=', 'client')
    .where('subject', '=', p.id)
    .where('expiresAtSeconds', '>', p.createdAtSeconds)
    .select('subject'),
)

export const insertClient = statement((db, p: ClientRecord) =>
  db
    .insertInto('clients')
    .values(valuesOf(CLIENT, p))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
)

export const insertClientSecret = statement((db, p: ClientSecretRecord) =>
  db.insertInto('clientSecrets').values(valuesOf(CLIENT_SECRET, p)),
)

export function* createClient(
  client: ClientRecord,
  secret: ClientSecretRecord | null,
): Plan<'created' | 'exists'> {
  // The tokens of an app that was deleted may still be about: nobody else gets its id.
  if ((yield* first(selectDeletion, client)) !== undefined) return 'exists'
  if ((yield* first(insertClient, client)) === undefined) return 'exists'
  if (secret !== null) yield* run(insertClientSecret, secret)
  return 'created'
}

export function* addClientSecret(secret: ClientSecretRecord): Plan<void> {
  yield* finishAndAnnounce(CLIENTS, [call(insertClientSecret, secret)])
}

type SecretKey = Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'id'>

const deleteClientSecret = statement((db, p: SecretKey) =>
  db
    .deleteFrom('clientSecrets')
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .where('id', '=', p.id)
    .returning('id'),
)

export function* revokeClientSecret(secret: SecretKey): Plan<boolean> {
  if ((yield* first(deleteClientSecret, secret)) === undefined) return false
  yield* finishAndAnnounce(CLIENTS)
  return true
}

const updateSecretUse = statement((db, p: SecretKey & { atSeconds: number }) =>
  db
    .updateTable('clientSecrets')
    .set({ lastUsedAtSeconds: p.atSeconds })
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .where('id', '=', p.id),
)

export function* recordSecretUse(secret: SecretKey, atSeconds: number): Plan<void> {
  yield* run(updateSecretUse, { ...secret, atSeconds })
}

const updateClientUse = statement((db, p: ClientKey & { atSeconds: number }) =>
  db
    .updateTable('clients')
    .set({ lastUsedAtSeconds: p.atSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* recordClientUse(tenant: string, id: ClientId, atSeconds: number): Plan<void> {
  yield* run(updateClientUse, { tenant, id, atSeconds })
}

/** Reads an app that is in force, and keeps others from changing it before this transaction ends. */
const lockClient = statement((db, p: ClientKey) =>
  db
    .updateTable('clients')
    .set((eb) => ({ disabledAtSeconds: eb.ref('disabledAtSeconds') }))
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id)
    .where('disabledAtSeconds', 'is', null)
    .returning(columnsOf(CLIENT)),
)

type ChangeableClient = Omit<
  ClientRecord,
  'tenant' | 'id' | 'createdAtSeconds' | 'lastUsedAtSeconds' | 'disabledAtSeconds'
>

const {
  tenant: _tenant,
  id: _id,
  createdAtSeconds: _created,
  lastUsedAtSeconds: _used,
  disabledAtSeconds: _disabled,
  ...CHANGEABLE
} = CLIENT

const changeClient = statement((db, p: ClientRecord) =>
  db
    .updateTable('clients')
    .set(valuesOf<ChangeableClient>(CHANGEABLE, p))
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* updateClient(
  before: ClientRecord,
  after: ClientRecord,
): Plan<'updated' | 'outdated'> {
  const now = yield* first(lockClient, before)
  if (now === undefined) return 'outdated'
  const changeable = (client: ClientRecord) => pick<ChangeableClient>(CHANGEABLE, client)
  if (!isDeepStrictEqual(changeable(now), changeable(before))) return 'outdated'
  const changed = { ...after, tenant: before.tenant, id: before.id }
  yield* finishAndAnnounce(CLIENTS, [call(changeClient, changed)])
  return 'updated'
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

export function* disableClient(input: ClientEnding): Plan<boolean> {
  if ((yield* first(markClientDisabled, input)) === undefined) return false
  yield* endClient(input)
  return true
}

function* endClient(input: ClientEnding, calls: readonly StatementCall[] = []): Plan<void> {
  yield* run(endCodesOfClient, input)
  const sequence = yield* nextSequence(input.tenant)
  yield* run(endGrantsOfClient, input)
  yield* publish({ ...input, sequence, kind: 'client', subject: input.id })
  yield* finishAndAnnounce(CLIENTS, calls)
}

/** Its secrets go with it. */
const removeClient = statement((db, p: ClientKey) =>
  db.deleteFrom('clients').where('tenant', '=', p.tenant).where('id', '=', p.id).returning('id'),
)

const removeConsentsToClient = statement((db, p: ClientKey) =>
  db.deleteFrom('consents').where('tenant', '=', p.tenant).where('clientId', '=', p.id),
)

export function* deleteClient(input: ClientEnding): Plan<boolean> {
  if ((yield* first(removeClient, input)) === undefined) return false
  yield* endClient(input, [call(removeConsentsToClient, input)])
  return true
}
