// What every store must do with lists: parts of them, each of which begins where the one before ended, whatever comes
// and goes between two of them. A list that is not here, or is not said to have a bound of its own, fails the last test.

import { describe, expect, test } from 'vitest'
import { asClientId, asGrantId, asUserId } from '../../../src/protocol/ids.ts'
import { MOST_LISTED } from '../../../src/store/limits.ts'
import type { Page, Store } from '../../../src/store/port.ts'
import { walk } from '../../../src/store/walk.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  auditEventRecord,
  CLIENT,
  clientEnding,
  clientRecord,
  consentRecord,
  grantRecord,
  hashOf,
  membershipRecord,
  NOW,
  newTenant,
  organisationRecord,
  PASSWORD_HASH,
  sessionRecord,
  tokenApprovalOf,
  trustedIssuerRecord,
  USER,
  unitRecord,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

type ListMethod = Extract<keyof Store, `list${string}`>

/** Lists that come whole, and why they are never long. */
const BOUNDED_BY_DESIGN = {
  listKeys: 'two for each API of the configuration, and those of late rotations',
  listMemberships: 'MOST_MEMBERSHIPS, where a user is created',
  listAllowanceUses: 'one for each name of an allowance that there is',
} as const satisfies Partial<Record<ListMethod, string>>

/** Items of a list are made of a number: the higher, the later in the list that has the oldest first. */
interface List<Item> {
  readonly list: (store: Store, tenant: string, page?: Page<never>) => Promise<readonly Item[]>
  readonly add: (store: Store, tenant: string, number: number) => Promise<unknown>
  /** Not given where nothing ever goes. */
  readonly remove?: (store: Store, tenant: string, number: number) => Promise<unknown>
  /** By which the test knows an item again. */
  readonly nameOf: (item: Item) => string
  /** Something happens to it that must not move it. */
  readonly use?: (store: Store, tenant: string, number: number) => Promise<unknown>
  readonly isNewestFirst?: boolean
  /** Where the list is one for all tenants, other tests have left theirs in it. */
  readonly isOf?: (item: Item, tenant: string) => boolean
}

/** Three of the same second stand side by side. */
const ageOf = (number: number) => NOW + 10 + Math.floor(number / 3)
const idOf = (number: number) => `item-${String(number).padStart(4, '0')}`
const byId = ({ id }: { readonly id: string }) => id

const listOf = <Item>(list: List<Item>) => list as unknown as List<unknown>

const allowanceOf = (slot: string) => ({
  ...{ purpose: 'test', slot, failures: 1 },
  ...{ windowSeconds: 60, thenEverySeconds: 0 },
})

const LISTS: {
  readonly [Method in Exclude<ListMethod, keyof typeof BOUNDED_BY_DESIGN>]: List<unknown>
} = {
  listClients: listOf({
    list: (store, tenant, page) => store.listClients(tenant, page),
    add: (store, tenant, at) => store.createClient(clientAt(tenant, at), null),
    remove: (store, tenant, at) =>
      store.deleteClient(clientEnding({ tenant, id: asClientId(idOf(at)) })),
    use: (store, tenant, at) => store.recordClientUse(tenant, asClientId(idOf(at)), NOW + 99),
    nameOf: byId,
  }),
  listClientsOfOrganisation: listOf({
    list: (store, tenant, page) => store.listClientsOfOrganisation(tenant, 'organisation-1', page),
    add: (store, tenant, at) =>
      store.createClient({ ...clientAt(tenant, at), organisationId: 'organisation-1' }, null),
    remove: (store, tenant, at) =>
      store.deleteClient(clientEnding({ tenant, id: asClientId(idOf(at)) })),
    nameOf: byId,
  }),
  listVouchedNames: listOf({
    list: (store, tenant, page) => store.listVouchedNames(tenant, page),
    add: (store, tenant, at) =>
      store.createClient({ ...clientAt(tenant, at), party: 'first' }, null),
    remove: (store, tenant, at) =>
      store.disableClient(clientEnding({ tenant, id: asClientId(idOf(at)) })),
    nameOf: byId,
  }),
  listUsers: listOf({
    list: (store, tenant, page) => store.listUsers(tenant, page),
    add: (store, tenant, at) => {
      const id = asUserId(idOf(at))
      return store.createUser(
        userRecord({ tenant, id, username: id, createdAtSeconds: ageOf(at) }),
        [],
      )
    },
    nameOf: byId,
  }),
  listOrganisations: listOf({
    list: (store, tenant, page) => store.listOrganisations(tenant, page),
    add: (store, tenant, at) =>
      store.createOrganisation(
        organisationRecord({ tenant, id: idOf(at), createdAtSeconds: ageOf(at) }),
        [],
      ),
    nameOf: byId,
  }),
  listApplicationKeys: listOf({
    list: (store, tenant, page) => store.listApplicationKeys(tenant, page),
    add: (store, tenant, at) =>
      store.createApplicationKey(
        applicationKeyRecord({
          ...{ tenant, id: asClientId(idOf(at)), createdAtSeconds: ageOf(at) },
          hash: hashOf(`${tenant} ${at}`),
        }),
      ),
    remove: (store, tenant, at) =>
      store.deleteApplicationKey(clientEnding({ tenant, id: asClientId(idOf(at)) })),
    nameOf: byId,
  }),
  listAccessIdentifiers: listOf({
    list: (store, tenant, page) => store.listAccessIdentifiers(tenant, USER, page),
    add: (store, tenant, at) =>
      store.createAccessIdentifier(
        accessIdentifierRecord({ tenant, id: idOf(at), createdAtSeconds: ageOf(at) }),
      ),
    remove: (store, tenant, at) =>
      store.deleteAccessIdentifier({ tenant, nowSeconds: NOW, id: idOf(at) }),
    nameOf: byId,
  }),
  listTrustedIssuers: listOf({
    list: (store, tenant, page) => store.listTrustedIssuers(tenant, page),
    add: (store, tenant, at) =>
      store.createTrustedIssuer(
        trustedIssuerRecord({
          ...{ tenant, id: asClientId(idOf(at)), createdAtSeconds: ageOf(at) },
          issuer: `https://${idOf(at)}.example`,
        }),
      ),
    remove: (store, tenant, at) =>
      store.deleteTrustedIssuer(clientEnding({ tenant, id: asClientId(idOf(at)) })),
    nameOf: byId,
  }),
  listUserGrants: listOf({
    list: (store, tenant, page) => store.listUserGrants(tenant, USER, page),
    add: (store, tenant, at) => {
      const grant = { tenant, id: asGrantId(idOf(at)), createdAtSeconds: ageOf(at) }
      return store.approveAuthorization(tokenApprovalOf(grantRecord(grant)))
    },
    remove: (store, tenant, at) =>
      store.revokeGrant({ tenant, grantId: asGrantId(idOf(at)), nowSeconds: NOW }),
    nameOf: byId,
    isNewestFirst: true,
  }),
  listConnections: listOf({
    list: (store, tenant, page) => store.listConnections(tenant, USER, page),
    // Each is two grants, and of some a consent as well.
    add: async (store, tenant, at) => {
      for (const createdAtSeconds of [ageOf(at), NOW + 500 - at]) {
        const grant = grantRecord({ tenant, ...connectionAt(at), createdAtSeconds })
        const consent = at % 3 === 0 ? consentRecord({ tenant, ...connectionAt(at) }) : null
        await store.approveAuthorization(tokenApprovalOf(grant, { consent }))
      }
    },
    use: (store, tenant, at) => {
      const grant = grantRecord({ tenant, ...connectionAt(at), createdAtSeconds: NOW - at })
      return store.approveAuthorization(tokenApprovalOf(grant))
    },
    remove: (store, tenant, at) =>
      store.revokeUserGrants({ ...userEnding({ tenant }), ...connectionAt(at) }),
    nameOf: ({ clientId }) => clientId,
  }),
  listSessions: listOf({
    list: (store, tenant, page) =>
      store.listSessions({ tenant, userId: USER, nowSeconds: NOW }, page),
    add: (store, tenant, at) =>
      store.createSession(
        sessionRecord({
          ...{ tenant, id: idOf(at), authTimeSeconds: ageOf(at) },
          hash: hashOf(`${tenant} ${at}`),
        }),
        PASSWORD_HASH,
      ),
    remove: (store, tenant, at) => store.endSessionById({ tenant, userId: USER, id: idOf(at) }),
    use: (store, tenant, at) =>
      store.touchSession({
        ...{ tenant, hash: hashOf(`${tenant} ${at}`), nowSeconds: NOW + 99 },
        expiresAtSeconds: NOW + 999,
      }),
    nameOf: byId,
    isNewestFirst: true,
  }),
  listVersionUses: listOf({
    list: (store, tenant, page) =>
      store.listVersionUses({ tenant, clientId: null, fromDay: '2000-01-01' }, page),
    add: (store, tenant, at) => {
      const use = { tenant, clientId: CLIENT, version: idOf(at), calls: 1 }
      const uses = ['2030-01-01', '2030-01-02'].map((day) => ({ ...use, day }))
      return store.recordVersionUses({ uses, batch: null })
    },
    use: (store, tenant, at) => {
      const use = { tenant, clientId: CLIENT, version: idOf(at), day: '2030-01-03', calls: 9 }
      return store.recordVersionUses({ uses: [use], batch: null })
    },
    nameOf: ({ version }) => version,
  }),
  listSpentAllowances: listOf({
    list: (store, _tenant, page) => store.listSpentAllowances(NOW, page),
    add: (store, tenant, at) => {
      const allowance = allowanceOf(idOf(at))
      return store.countFailure({ tenant, allowance, nowSeconds: ageOf(at) })
    },
    nameOf: ({ slot }) => slot,
    isOf: (each, tenant) => each.tenant === tenant,
  }),
  listLockedSubjects: listOf({
    list: (store, tenant, page) => store.listLockedSubjects(tenant, NOW, page),
    add: (store, tenant, at) =>
      store.settleTry({
        ...{ tenant, nowSeconds: NOW, result: 'failed', subject: idOf(at) },
        allowances: [allowanceOf(`${at} one`), allowanceOf(`${at} another`)],
      }),
    remove: (store, tenant, at) => store.liftFailures(tenant, [idOf(at)]),
    nameOf: ({ subject }) => subject,
  }),
  listAuditEvents: listOf({
    list: (store, tenant, page) => store.listAuditEvents(tenant, page),
    add: (store, tenant, at) =>
      store.recordAuditEvent(auditEventRecord({ tenant, target: idOf(at) })),
    nameOf: ({ target }) => target,
    isNewestFirst: true,
  }),
}

function clientAt(tenant: string, at: number) {
  return clientRecord({ tenant, id: asClientId(idOf(at)), createdAtSeconds: ageOf(at) })
}

const connectionAt = (at: number) => ({
  clientId: asClientId(idOf(at)),
  organisationId: at % 2 === 0 ? null : 'organisation-1',
})

async function prepare(store: Store): Promise<string> {
  const tenant = newTenant()
  await store.createOrganisation(organisationRecord({ tenant }), [])
  await store.createUser(userRecord({ tenant, username: 'owner' }), [])
  await store.createClient(clientRecord({ tenant }), null)
  return tenant
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at)

/** Reads a list part by part. @param between is called after each of them with its last item */
async function readOn(
  read: (page: Page<never>) => Promise<readonly unknown[]>,
  limit: number,
  between: (last: unknown, part: number) => Promise<unknown> = async () => undefined,
): Promise<unknown[]> {
  const all: unknown[] = []
  for (let [after, part]: [unknown, number] = [undefined, 0]; ; part += 1) {
    const items = await read({ limit, after: after as never })
    expect(items.length).toBeLessThanOrEqual(limit)
    all.push(...items)
    if (items.length < limit) return all
    after = items.at(-1)
    await between(after, part)
  }
}

interface Scene extends Pick<List<unknown>, 'add' | 'remove' | 'use'> {
  readonly store: Store
  readonly tenant: string
}

/** On one side of the place that was reached everything is behind, on the other still to come. @returns what went */
async function disturb(
  { store, tenant, add, remove, use }: Scene,
  { at, part }: { readonly at: number; readonly part: number },
): Promise<readonly number[]> {
  for (const number of [10 + part, 50 + part]) await add(store, tenant, number)
  for (const number of [at - 1, at + 1]) await use?.(store, tenant, number)
  if (remove === undefined) return []
  const gone = [at, at - 2, at + 2]
  for (const number of gone) await remove(store, tenant, number)
  return gone
}

export function listContract(store: TheStore): void {
  describe.each(Object.entries(LISTS))(
    '%s',
    (_method, { list, nameOf, isOf = () => true, ...of }) => {
      const namesIn = (items: readonly unknown[], tenant: string) =>
        items.filter((item) => isOf(item, tenant)).map(nameOf)

      test('security H8, house L4: its parts join to the whole, in order', async () => {
        const [tenant, elsewhere] = [await prepare(store()), await prepare(store())]
        const given = namesIn(await list(store(), tenant), tenant)
        const numbers = range(1, 12)
        for (const at of of.isNewestFirst === true ? numbers : numbers.toReversed()) {
          await of.add(store(), tenant, at)
          await of.add(store(), elsewhere, at)
        }
        const whole = namesIn(await list(store(), tenant), tenant)
        expect(whole).toHaveLength(given.length + numbers.length)
        expect(new Set(whole).size).toBe(whole.length)
        const read = (page: Page<never>) => list(store(), tenant, page)
        for (const limit of [1, 4, whole.length, whole.length + 1]) {
          expect(namesIn(await readOn(read, limit), tenant)).toEqual(whole)
        }
      })

      test('security H8: nothing is missed or seen twice while some come, go and are used', async () => {
        const tenant = await prepare(store())
        for (const at of range(20, 40)) await of.add(store(), tenant, at)
        const before = namesIn(await list(store(), tenant), tenant)
        const gone = new Set<string>()
        const read = (page: Page<never>) => list(store(), tenant, page)
        const seen = await readOn(read, 4, async (last, part) => {
          const at = Number((namesIn([last], tenant)[0] ?? '').replace('item-', ''))
          const scene = { ...of, store: store(), tenant }
          for (const number of await disturb(scene, { at, part })) gone.add(idOf(number))
        })
        const names = namesIn(seen, tenant)
        expect(names).toEqual([...new Set(names)])
        const kept = before.filter((name) => !gone.has(name))
        expect(names.filter((name) => kept.includes(name))).toEqual(kept)
      })
    },
  )

  describe('lists', () => {
    test('house L4: nobody gets more than a part, and whoever wants all of it reads on', async () => {
      const tenant = newTenant()
      const users = Array.from({ length: MOST_LISTED + 5 }, (_, at) => {
        const id = idOf(at)
        return { user: userRecord({ tenant, id: asUserId(id), username: id }), memberships: [] }
      })
      await store().importUsers(users)
      expect(await store().listUsers(tenant)).toHaveLength(MOST_LISTED)
      const read = (page: Page<never>) => store().listUsers(tenant, page)
      const all = await Array.fromAsync(walk(read))
      expect(all.map(({ id }) => id)).toEqual(users.map(({ user }) => user.id))
      for (const limit of [0, 3, MOST_LISTED, MOST_LISTED + 1]) {
        expect(await Array.fromAsync(walk(read, limit))).toHaveLength(limit)
      }
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

    test('security H8: there is no list without a limit and a cursor, or a bound that is written down', () => {
      const methods = Object.keys(store()).filter((name) => name.startsWith('list'))
      expect(methods.toSorted()).toEqual(
        [...Object.keys(LISTS), ...Object.keys(BOUNDED_BY_DESIGN)].toSorted(),
      )
    })
  })
}
