// Plans about apps and their secrets.

import { isDeepStrictEqual } from 'node:util'
import type { ClientId } from '../../protocol/ids.ts'
import { MOST_LIVE_SECRETS } from '../limits.ts'
import type { AddSecretOutcome, SecretOfClient, VouchedName } from '../port/clients.ts'
import type { ByAge, ById, Page } from '../port/page.ts'
import type { ClientEnding } from '../port.ts'
import type { ClientRecord, ClientSecretRecord, ClientWithSecrets } from '../records.ts'
import { finishAndAnnounce, readSequence } from './change-sequences.ts'
import { CLIENT, CLIENT_SECRET, columnsIn, columnsOf, REVOKED_SECRET, valuesOf } from './columns.ts'
import { endHolder } from './endings.ts'
import { holdClientTag } from './hold-tags.ts'
import { listedBy, OLDEST_FIRST, type PageInput } from './page.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { picker } from './row-functions.ts'
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

const pickClient = picker(CLIENT)

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
  return { client: pickClient(row, {}), secrets }
}

const selectClients = statement((db, p: PageInput & { tenant: string }) =>
  OLDEST_FIRST.part(
    db.selectFrom('clients').where('tenant', '=', p.tenant).select(columnsOf(CLIENT)),
    p,
  ),
)

export const listClients = (tenant: string, page?: Page<ByAge>): Plan<readonly ClientRecord[]> =>
  run(selectClients, { tenant, ...OLDEST_FIRST.input(page) })

type OfOrganisation = { tenant: string; organisationId: string }

const selectClientsOfOrganisation = statement((db, p: PageInput & OfOrganisation) =>
  OLDEST_FIRST.part(
    db
      .selectFrom('clients')
      .where('tenant', '=', p.tenant)
      .where('organisationId', '=', p.organisationId)
      .select(columnsOf(CLIENT)),
    p,
  ),
)

export const listClientsOfOrganisation = (
  tenant: string,
  organisationId: string,
  page?: Page<ByAge>,
): Plan<readonly ClientRecord[]> =>
  run(selectClientsOfOrganisation, { tenant, organisationId, ...OLDEST_FIRST.input(page) })

const BY_ID = listedBy<ById>(['id'])

const selectVouchedNames = statement((db, p: PageInput & { tenant: string }) =>
  BY_ID.part(
    db
      .selectFrom('clients')
      .where('tenant', '=', p.tenant)
      .where('disabledAtSeconds', 'is', null)
      .where((eb) => eb.or([eb('party', '=', 'first'), eb('publisher', 'is not', null)]))
      .select(['id', 'name']),
    p,
  ),
)

export const listVouchedNames = (tenant: string, page?: Page<ById>): Plan<readonly VouchedName[]> =>
  run(selectVouchedNames, { tenant, ...BY_ID.input(page) })

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
  if ((yield* first(insertClient, client)) === undefined) return 'exists'
  yield* finishWith(secret === null ? [] : [call(insertClientSecret, secret)])
  return 'created'
}

const selectSecrets = statement((db, p: SecretOfClient) =>
  db
    .selectFrom('clientSecrets')
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .select(['hash', 'expiresAtSeconds']),
)

const selectRevokedSecret = statement((db, p: SecretOfClient) =>
  db
    .selectFrom('revokedSecrets')
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .where('hash', '=', p.hash)
    .select('hash'),
)

export function* isSecretRevoked(secret: SecretOfClient): Plan<boolean> {
  return (yield* first(selectRevokedSecret, secret)) !== undefined
}

/** The app is locked, so that callers at the same moment see each other's secrets. */
export function* addClientSecret(secret: ClientSecretRecord): Plan<AddSecretOutcome> {
  const { tenant, clientId: id, hash, createdAtSeconds } = secret
  if ((yield* first(lockClient, { tenant, id })) === undefined) return 'no_client'
  const held = yield* run(selectSecrets, secret)
  if (held.some((each) => each.hash === hash)) return 'held'
  // After the secrets: one that is revoked in between is in neither of the two readings if this one comes first.
  if (yield* isSecretRevoked(secret)) return 'revoked'
  const live = held.filter((each) => (each.expiresAtSeconds ?? Infinity) > createdAtSeconds)
  if (live.length >= MOST_LIVE_SECRETS) return 'full'
  yield* finishAndAnnounce(CLIENTS, [call(insertClientSecret, secret)])
  return 'added'
}

type SecretKey = Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'id'>

const deleteClientSecret = statement((db, p: SecretKey) =>
  db
    .deleteFrom('clientSecrets')
    .where('tenant', '=', p.tenant)
    .where('clientId', '=', p.clientId)
    .where('id', '=', p.id)
    .returning(columnsOf(REVOKED_SECRET)),
)

const rememberRevokedSecret = statement((db, p: SecretOfClient) =>
  db
    .insertInto('revokedSecrets')
    .values(valuesOf(REVOKED_SECRET, p))
    .onConflict((conflict) => conflict.doNothing()),
)

export function* revokeClientSecret(secret: SecretKey): Plan<boolean> {
  const revoked = yield* first(deleteClientSecret, secret)
  if (revoked === undefined) return false
  yield* finishAndAnnounce(CLIENTS, [call(rememberRevokedSecret, revoked)])
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
  'tenant' | 'id' | 'tag' | 'createdAtSeconds' | 'lastUsedAtSeconds' | 'disabledAtSeconds'
>

const {
  tenant: _tenant,
  id: _id,
  tag: _tag,
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

const pickChangeable = picker<ChangeableClient>(CHANGEABLE)

export function* updateClient(
  before: ClientRecord,
  after: ClientRecord,
): Plan<'updated' | 'outdated'> {
  const now = yield* first(lockClient, before)
  if (now === undefined) return 'outdated'
  const changeable = (client: ClientRecord) => pickChangeable(client, {})
  if (!isDeepStrictEqual(changeable(now), changeable(before))) return 'outdated'
  const changed = { ...after, tenant: before.tenant, id: before.id }
  yield* finishAndAnnounce(CLIENTS, [call(changeClient, changed)])
  return 'updated'
}

const markClientDisabled = statement((db, p: ClientEnding) =>
  db
    .updateTable('clients')
    .set({ disabledAtSeconds: p.nowSeconds, tag: p.newTag })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.id),
)

export function* disableClient(input: ClientEnding): Plan<boolean> {
  const held = yield* first(holdClientTag, input)
  if (held === undefined) return false
  yield* run(markClientDisabled, input)
  yield* endHolder({ kind: 'client', id: input.id, tag: held.tag }, input)
  yield* finishAndAnnounce(CLIENTS)
  return true
}

/** Its secrets go with it. */
const removeClient = statement((db, p: ClientKey) =>
  db.deleteFrom('clients').where('tenant', '=', p.tenant).where('id', '=', p.id).returning('tag'),
)

const removeConsentsToClient = statement((db, p: ClientKey) =>
  db.deleteFrom('consents').where('tenant', '=', p.tenant).where('clientId', '=', p.id),
)

const rememberSecretsOf = statement((db, p: ClientKey) =>
  db
    .insertInto('revokedSecrets')
    .columns(columnsOf(REVOKED_SECRET))
    .expression(
      db
        .selectFrom('clientSecrets')
        .where('tenant', '=', p.tenant)
        .where('clientId', '=', p.id)
        .select(columnsOf(REVOKED_SECRET)),
    )
    .onConflict((conflict) => conflict.doNothing()),
)

export function* deleteClient(input: ClientEnding): Plan<boolean> {
  // Locked first, so that no secret is added after its secrets were remembered.
  yield* first(lockClient, input)
  yield* run(rememberSecretsOf, input)
  const removed = yield* first(removeClient, input)
  if (removed === undefined) return false
  yield* endHolder({ kind: 'client', id: input.id, tag: removed.tag }, input)
  yield* finishAndAnnounce(CLIENTS, [call(removeConsentsToClient, input)])
  return true
}
