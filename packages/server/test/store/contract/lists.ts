// What every store must do with lists: parts of them, each of which begins where the one before ended.

import { describe, expect, test } from 'vitest'
import { asClientId, asUserId } from '../../../src/protocol/ids.ts'
import { MOST_LISTED } from '../../../src/store/limits.ts'
import type { ByAge, Page, Store } from '../../../src/store/port.ts'
import { listAll } from '../../../src/store/walk.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  clientRecord,
  membershipRecord,
  NOW,
  newTenant,
  organisationRecord,
  trustedIssuerRecord,
  USER,
  unitRecord,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

interface List {
  readonly add: (store: Store, item: ByAge & { tenant: string }) => Promise<unknown>
  readonly list: (store: Store, tenant: string, page?: Page<ByAge>) => Promise<readonly ByAge[]>
}

const LISTS: Record<string, List> = {
  apps: {
    add: (store, item) =>
      store.createClient(clientRecord({ ...item, id: asClientId(item.id) }), null),
    list: (store, tenant, page) => store.listClients(tenant, page),
  },
  'apps of an organisation': {
    add: (store, item) => {
      const organisationId = 'organisation-1'
      const client = clientRecord({ ...item, id: asClientId(item.id), organisationId })
      return store.createClient(client, null)
    },
    list: (store, tenant, page) => store.listClientsOfOrganisation(tenant, 'organisation-1', page),
  },
  users: {
    add: (store, item) =>
      store.createUser(userRecord({ ...item, id: asUserId(item.id), username: item.id }), []),
    list: (store, tenant, page) => store.listUsers(tenant, page),
  },
  organisations: {
    add: (store, item) => store.createOrganisation(organisationRecord(item), []),
    list: (store, tenant, page) => store.listOrganisations(tenant, page),
  },
  'application keys': {
    add: (store, item) =>
      store.createApplicationKey(applicationKeyRecord({ ...item, id: asClientId(item.id) })),
    list: (store, tenant, page) => store.listApplicationKeys(tenant, page),
  },
  'access identifiers': {
    add: (store, item) => store.createAccessIdentifier(accessIdentifierRecord(item)),
    list: (store, tenant, page) => store.listAccessIdentifiers(tenant, USER, page),
  },
  'trusted issuers': {
    add: (store, item) => {
      const issuer = `https://${item.id}.example`
      const record = trustedIssuerRecord({ ...item, id: asClientId(item.id), issuer })
      return store.createTrustedIssuer(record)
    },
    list: (store, tenant, page) => store.listTrustedIssuers(tenant, page),
  },
}

/** Two of the same second stand side by side. */
const AGES = [NOW, NOW + 1, NOW + 1, NOW + 1, NOW + 2]

export function listContract(store: TheStore): void {
  describe('lists', () => {
    test.each(Object.entries(LISTS))(
      'security H8, house L4: %s come in parts, the oldest first',
      async (_what, { add, list }) => {
        const [tenant, elsewhere] = [newTenant(), newTenant()]
        for (const each of [tenant, elsewhere]) {
          await store().createUser(userRecord({ tenant: each, username: 'owner' }), [])
          if (list !== LISTS.organisations?.list) {
            await store().createOrganisation(organisationRecord({ tenant: each }), [])
          }
        }
        const given = (await list(store(), tenant)).map(({ id }) => id)
        const added = AGES.map((createdAtSeconds, at) => ({
          tenant,
          id: `item-${at}`,
          createdAtSeconds: createdAtSeconds + 10,
        }))
        for (const item of added.toReversed()) await add(store(), item)
        await add(store(), { tenant: elsewhere, id: 'foreign', createdAtSeconds: NOW })

        const wanted = [...given, ...added.map(({ id }) => id)]
        const ids = (items: readonly ByAge[]) => items.map(({ id }) => id)
        expect(ids(await list(store(), tenant))).toEqual(wanted)
        const first = await list(store(), tenant, { limit: 2 })
        expect(ids(first)).toEqual(wanted.slice(0, 2))
        const next = await list(store(), tenant, { limit: 3, after: first.at(-1) })
        expect(ids(next)).toEqual(wanted.slice(2, 5))
        const last = added.at(-1)
        expect(await list(store(), tenant, { limit: 3, after: last })).toEqual([])
      },
    )

    test('house L4: nobody gets more than a part, and whoever wants all of it reads on', async () => {
      const tenant = newTenant()
      const users = Array.from({ length: MOST_LISTED + 5 }, (_, at) => {
        const id = `user-${String(at).padStart(4, '0')}`
        return { user: userRecord({ tenant, id: asUserId(id), username: id }), memberships: [] }
      })
      await store().importUsers(users)
      expect(await store().listUsers(tenant)).toHaveLength(MOST_LISTED)
      const all = await listAll((page) => store().listUsers(tenant, page))
      expect(all.map(({ id }) => id)).toEqual(users.map(({ user }) => user.id))
      const some = await listAll((page) => store().listUsers(tenant, page), MOST_LISTED + 1)
      expect(some).toHaveLength(MOST_LISTED + 1)
    })

    test('house L4: users come with what they belong to, and organisations with their units', async () => {
      const tenant = newTenant()
      const organisation = organisationRecord({ tenant })
      const unit = unitRecord({ tenant })
      await store().createOrganisation(organisation, [unit])
      await store().createOrganisation(organisationRecord({ tenant, id: 'other' }), [])
      const ada = userRecord({ tenant })
      const bo = userRecord({ tenant, id: asUserId('user-bo'), username: 'bo' })
      await store().createUser(ada, [membershipRecord({ tenant, defaultUnitId: unit.id })])
      await store().createUser(bo, [])
      const memberships = await store().listMemberships(tenant, USER)
      expect(memberships).toMatchObject([{ organisation, defaultUnit: unit }])
      expect(await store().listUsers(tenant)).toEqual([
        { ...ada, memberships },
        { ...bo, memberships: [] },
      ])
      expect(await store().findOrganisation(tenant, organisation.id)).toEqual({
        ...organisation,
        units: [unit],
      })
      expect(await store().findOrganisation(tenant, 'nowhere')).toBeNull()
      expect(await store().findOrganisation(newTenant(), organisation.id)).toBeNull()
    })

    test('house L4: a trusted issuer is found by its id', async () => {
      const issuer = trustedIssuerRecord({ tenant: newTenant() })
      await store().createTrustedIssuer(issuer)
      expect(await store().findTrustedIssuerById(issuer.tenant, issuer.id)).toEqual(issuer)
      expect(await store().findTrustedIssuerById(newTenant(), issuer.id)).toBeNull()
    })
  })
}
