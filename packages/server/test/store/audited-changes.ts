// Every change of the store that takes an event, on a tenant that has one of everything. Made twice, the second time
// nothing is left to change for most of them.

import type { Store } from '../../src/store/port.ts'
import type { AuditEventRecord } from '../../src/store/records.ts'
import { latestEvents } from '../support/latest-events.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  CLIENT,
  clientRecord,
  HOUR,
  hashOf,
  keyRecord,
  membershipRecord,
  NOW,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  organisationRecord,
  PASSWORD_HASH,
  secretRecord,
  sessionRecord,
  trustedIssuerRecord,
  USER,
  unitRecord,
  userEnding,
  userRecord,
} from './records.ts'

export type AuditedChange = (
  store: Store,
  things: Things,
  event: AuditEventRecord | undefined,
) => Promise<unknown>

export type Things = Awaited<ReturnType<typeof tenantWithEverything>>

export async function tenantWithEverything(store: Store) {
  const tenant = newTenant()
  const { userId: _userId, ...ending } = userEnding({ tenant })
  const things = {
    ...{ tenant, ending },
    client: clientRecord({ tenant }),
    secret: secretRecord({ tenant }),
    key: applicationKeyRecord({ tenant }),
    suspendedKey: applicationKeyRecord({ tenant, hash: hashOf('suspended') }),
    issuer: trustedIssuerRecord({ tenant }),
    suspendedIssuer: trustedIssuerRecord({ tenant, issuer: 'https://suspended.example' }),
    identifier: accessIdentifierRecord({ tenant }),
    session: sessionRecord({ tenant }),
    signingKey: keyRecord({ tenant, activatedAtSeconds: NOW }),
  }
  await store.createOrganisation(organisationRecord({ tenant }), [])
  await store.createClient(things.client, things.secret)
  await store.createUser(userRecord({ tenant }), [membershipRecord({ tenant })])
  await store.createSession(things.session, PASSWORD_HASH)
  for (const key of [things.key, things.suspendedKey]) await store.createApplicationKey(key)
  await store.suspendApplicationKey({ ...ending, id: things.suspendedKey.id })
  for (const issuer of [things.issuer, things.suspendedIssuer]) {
    await store.createTrustedIssuer(issuer)
  }
  await store.suspendTrustedIssuer({ ...ending, id: things.suspendedIssuer.id })
  await store.createAccessIdentifier(things.identifier)
  await store.createFirstKeys([things.signingKey, keyRecord({ tenant, state: 'next' })])
  return things
}

/** Those that a second call changes again. */
export const REPEATABLE_CHANGES = new Set([
  'addClientSecret',
  'changeRole',
  'changeEmail',
  'changePassword',
  'revokeUserGrants',
])

export const AUDITED_CHANGES: Readonly<Record<string, AuditedChange>> = {
  createClient: (store, { tenant }, event) =>
    store.createClient(clientRecord({ tenant, id: OTHER_CLIENT }), null, event),
  importClients: (store, { tenant }, event) =>
    store.importClients(
      [{ client: clientRecord({ tenant, id: OTHER_CLIENT }), secrets: [] }],
      event && [event],
    ),
  addClientSecret: (store, { tenant }, event) =>
    store.addClientSecret(secretRecord({ tenant }), event),
  revokeClientSecret: (store, { secret }, event) => store.revokeClientSecret(secret, event),
  updateClient: (store, { client }, event) =>
    store.updateClient(client, { ...client, name: 'Another' }, event),
  disableClient: (store, { ending }, event) =>
    store.disableClient({ ...ending, id: CLIENT }, event),
  deleteClient: (store, { ending }, event) => store.deleteClient({ ...ending, id: CLIENT }, event),
  createOrganisation: (store, { tenant }, event) =>
    store.createOrganisation(
      ...([
        organisationRecord({ tenant, id: 'organisation-2' }),
        [unitRecord({ tenant, organisationId: 'organisation-2' })],
        event,
      ] as const),
    ),
  createUser: (store, { tenant }, event) =>
    store.createUser(userRecord({ tenant, id: OTHER_USER, username: 'bo' }), [], event),
  importUsers: (store, { tenant }, event) =>
    store.importUsers(
      [{ user: userRecord({ tenant, id: OTHER_USER, username: 'bo' }), memberships: [] }],
      event && [event],
    ),
  changeRole: (store, { tenant }, event) =>
    store.changeRole(
      { tenant, userId: USER, organisationId: 'organisation-1', role: 'admin' },
      event,
    ),
  changeEmail: (store, { tenant }, event) =>
    store.changeEmail(
      { tenant, userId: USER, email: 'new@example.com', emailVerified: true },
      event,
    ),
  changePassword: (store, { ending }, event) =>
    store.changePassword({ ...ending, userId: USER, passwordHash: '$argon2id$new' }, event),
  disableUser: (store, { ending }, event) => store.disableUser({ ...ending, userId: USER }, event),
  endSessionById: (store, { session }, event) => store.endSessionById(session, event),
  createApplicationKey: (store, { tenant }, event) =>
    store.createApplicationKey(applicationKeyRecord({ tenant, hash: hashOf('one') }), event),
  suspendApplicationKey: (store, { ending, key }, event) =>
    store.suspendApplicationKey({ ...ending, id: key.id }, event),
  resumeApplicationKey: (store, { tenant, suspendedKey }, event) =>
    store.resumeApplicationKey(tenant, suspendedKey.id, event),
  deleteApplicationKey: (store, { ending, key }, event) =>
    store.deleteApplicationKey({ ...ending, id: key.id }, event),
  createAccessIdentifier: (store, { tenant }, event) =>
    store.createAccessIdentifier(accessIdentifierRecord({ tenant, hash: hashOf('two') }), event),
  deleteAccessIdentifier: (store, { ending, identifier }, event) =>
    store.deleteAccessIdentifier({ ...ending, id: identifier.id }, event),
  createTrustedIssuer: (store, { tenant }, event) =>
    store.createTrustedIssuer(
      trustedIssuerRecord({ tenant, issuer: 'https://two.example' }),
      event,
    ),
  suspendTrustedIssuer: (store, { ending, issuer }, event) =>
    store.suspendTrustedIssuer({ ...ending, id: issuer.id }, event),
  resumeTrustedIssuer: (store, { tenant, suspendedIssuer }, event) =>
    store.resumeTrustedIssuer(tenant, suspendedIssuer.id, event),
  deleteTrustedIssuer: (store, { ending, issuer }, event) =>
    store.deleteTrustedIssuer({ ...ending, id: issuer.id }, event),
  rotateKeys: (store, { tenant, signingKey }, event) =>
    store.rotateKeys(
      {
        ...{ tenant, currentKid: signingKey.kid, nowSeconds: NOW },
        next: keyRecord({ tenant, state: 'next' }),
        previousExpiresAtSeconds: NOW + HOUR,
      },
      event,
    ),
  revokeUserGrants: (store, { ending }, event) =>
    store.revokeUserGrants({ ...ending, userId: USER, clientId: CLIENT }, event),
  claimOnce: (store, { tenant }, event) =>
    store.claimOnce({ tenant, purpose: 'test', id: 'one', expiresAtSeconds: NOW + HOUR }, event),
}

/** All that a change could have changed, as the port shows it. */
export async function lookAtEverything(store: Store, { tenant }: Things): Promise<unknown> {
  const client = await store.findClient(tenant, CLIENT)
  return {
    client: client && structuredClone(client),
    clients: await store.listClients(tenant),
    organisations: await store.listOrganisations(tenant),
    users: await store.listUsers(tenant),
    sessions: await store.listSessions({ tenant, userId: USER, nowSeconds: NOW }),
    applicationKeys: await store.listApplicationKeys(tenant),
    identifiers: await store.listAccessIdentifiers(tenant, USER),
    issuers: await store.listTrustedIssuers(tenant),
    signingKeys: await store.listKeys(tenant, NOW),
    feed: await store.readFeed({ tenant, afterSequence: 0, nowSeconds: NOW, limit: 100 }),
    events: await latestEvents(store, tenant, 100),
  }
}
