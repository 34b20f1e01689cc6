// What every store must do with organisations, users and their tries to sign in.

import { describe, expect, test } from 'vitest'
import { asUserId } from '../../../src/protocol/ids.ts'
import type { UserRecord } from '../../../src/store/records.ts'
import {
  giveGrant,
  membershipRecord,
  NOW,
  newTenant,
  OTHER_USER,
  organisationRecord,
  PASSWORD_HASH,
  sessionRecord,
  tagOf,
  USER,
  unitRecord,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function peopleContract(store: TheStore): void {
  organisationContract(store)
  userContract(store)
  endingContract(store)
}

function organisationContract(store: TheStore): void {
  describe('organisations', () => {
    test('gives them back with their units', async () => {
      const tenant = newTenant()
      const harbour = organisationRecord({ tenant })
      const quay = organisationRecord({ tenant, id: 'organisation-2', name: 'Quay' })
      const units = [
        unitRecord({ tenant, name: 'A' }),
        unitRecord({ tenant, id: 'unit-2', name: 'B' }),
      ]
      expect(await store().createOrganisation(harbour, units)).toBe('created')
      expect(await store().createOrganisation(quay, [])).toBe('created')
      expect(await store().listOrganisations(tenant)).toEqual([
        { ...harbour, units },
        { ...quay, units: [] },
      ])
      expect(await store().listOrganisations(newTenant())).toEqual([])
    })

    test('keeps the first of two with one id, and its units', async () => {
      const tenant = newTenant()
      const first = organisationRecord({ tenant })
      await store().createOrganisation(first, [])
      const second = organisationRecord({ tenant, name: 'Another' })
      expect(await store().createOrganisation(second, [unitRecord({ tenant })])).toBe('exists')
      expect(await store().listOrganisations(tenant)).toEqual([{ ...first, units: [] }])
    })

    test('keeps none whose unit has the id of another unit of the tenant', async () => {
      const tenant = newTenant()
      const first = organisationRecord({ tenant })
      await store().createOrganisation(first, [unitRecord({ tenant })])
      const second = organisationRecord({ tenant, id: 'second' })
      const ofSecond = (id: string) => unitRecord({ tenant, organisationId: second.id, id })
      const units = [ofSecond('unit-2'), ofSecond('unit-1')]
      expect(await store().createOrganisation(second, units)).toBe('exists')
      expect(await store().findOrganisation(tenant, second.id)).toBeNull()
      expect(await store().findUnit(tenant, 'unit-2')).toBeNull()
      expect(await store().createOrganisation(second, [ofSecond('unit-2')])).toBe('created')
    })
  })
}

function userContract(store: TheStore): void {
  describe('users', () => {
    test('gives a user back by id and by username, with all fields', async () => {
      const tenant = newTenant()
      const ada = userRecord({ tenant })
      const bo = userRecord({
        tenant,
        id: OTHER_USER,
        username: 'bo',
        email: null,
        emailVerified: false,
        passwordHash: null,
        locale: null,
      })
      expect(await store().createUser(ada, [])).toBe('created')
      expect(await store().createUser(bo, [])).toBe('created')
      expect(await store().findUser(tenant, USER)).toEqual(ada)
      expect(await store().findUserByUsername(tenant, 'bo')).toEqual(bo)
      expect(await store().listUsers(tenant)).toMatchObject([ada, bo])
      expect(await store().findUser(newTenant(), USER)).toBeNull()
      expect(await store().findUserByUsername(newTenant(), 'bo')).toBeNull()
    })

    test('keeps the first of two with one id or one username', async () => {
      const tenant = newTenant()
      const ada = userRecord({ tenant })
      await store().createUser(ada, [])
      expect(await store().createUser({ ...ada, username: 'bo' }, [])).toBe('exists')
      expect(await store().createUser({ ...ada, id: OTHER_USER }, [])).toBe('exists')
      expect(await store().listUsers(tenant)).toMatchObject([ada])
    })

    test('imports users with their memberships', async () => {
      const tenant = newTenant()
      const unit = unitRecord({ tenant })
      await store().createOrganisation(organisationRecord({ tenant }), [unit])
      const ada = userRecord({ tenant })
      const bo = userRecord({ tenant, id: OTHER_USER, username: 'bo' })
      const membership = membershipRecord({ tenant, defaultUnitId: unit.id })
      const users = [
        { user: ada, memberships: [membership] },
        { user: bo, memberships: [] },
      ]
      expect(await store().importUsers(users)).toEqual([])
      expect(await store().listUsers(tenant)).toMatchObject([ada, bo])
      expect(await store().listMemberships(tenant, USER)).toMatchObject([{ defaultUnit: unit }])
    })

    test('security L3: gives no default unit of another organisation, whatever is written there', async () => {
      const tenant = newTenant()
      const unit = unitRecord({ tenant })
      await store().createOrganisation(organisationRecord({ tenant }), [unit])
      const other = { ...organisationRecord({ tenant }), id: 'another' }
      await store().createOrganisation(other, [])
      const membership = membershipRecord({ tenant, defaultUnitId: unit.id })
      const wrong = { ...membership, organisationId: 'another' }
      await store().createUser(userRecord({ tenant }), [wrong])
      expect(await store().listMemberships(tenant, USER)).toMatchObject([{ defaultUnit: null }])
    })

    test('imports none when a username or an id is taken, even that of the last', async () => {
      const tenant = newTenant()
      const ada = userRecord({ tenant })
      await store().createUser(ada, [])
      const users = ['cy', 'di', 'cy', 'ada', 'ed'].map((username, index) => ({
        user: userRecord({ tenant, id: asUserId(`import-${index}`), username }),
        memberships: [],
      }))
      const last = { user: { ...ada, username: 'fay' }, memberships: [] }
      expect(await store().importUsers([...users, last])).toEqual([2, 3, 5])
      expect(await store().listUsers(tenant)).toMatchObject([ada])
    })

    test('imports none when the database refuses one of the last statements', async () => {
      const tenant = newTenant()
      const nowhere = membershipRecord({ tenant, organisationId: 'nowhere' })
      const failing = store().importUsers([
        { user: userRecord({ tenant }), memberships: [] },
        { user: userRecord({ tenant, id: OTHER_USER, username: 'bo' }), memberships: [nowhere] },
      ])
      await expect(failing).rejects.toThrow(/foreign key/i)
      expect(await store().listUsers(tenant)).toEqual([])
    })

    test('lists the organisations that a user belongs to, with the default unit', async () => {
      const tenant = newTenant()
      const harbour = organisationRecord({ tenant })
      const quay = organisationRecord({ tenant, id: 'organisation-2', name: 'Quay' })
      const unit = unitRecord({ tenant })
      await store().createOrganisation(harbour, [unit])
      await store().createOrganisation(quay, [])
      const memberships = [
        membershipRecord({ tenant, organisationId: quay.id, furtherUnitIds: ['unit-2', 'unit-3'] }),
        membershipRecord({ tenant, defaultUnitId: unit.id, role: 'admin' }),
      ]
      await store().createUser(userRecord({ tenant }), memberships)
      expect(await store().listMemberships(tenant, USER)).toEqual([
        { organisation: harbour, defaultUnit: unit, furtherUnitIds: [], role: 'admin' },
        {
          organisation: quay,
          defaultUnit: null,
          furtherUnitIds: ['unit-2', 'unit-3'],
          role: 'member',
        },
      ])
      expect(await store().listMemberships(tenant, OTHER_USER)).toEqual([])
    })

    test('changes the role of a member in one organisation, and of nobody else', async () => {
      const tenant = newTenant()
      await store().createOrganisation(organisationRecord({ tenant }), [])
      await store().createUser(userRecord({ tenant }), [membershipRecord({ tenant })])
      const { userId, organisationId } = membershipRecord({ tenant })
      const key = { tenant, userId, organisationId }
      expect(await store().changeRole({ ...key, role: 'admin' })).toBe(true)
      const roles = async () => (await store().listMemberships(tenant, USER)).map((m) => m.role)
      expect(await roles()).toEqual(['admin'])
      expect(await store().changeRole({ ...key, organisationId: 'other', role: 'member' })).toBe(
        false,
      )
      expect(await store().changeRole({ ...key, userId: OTHER_USER, role: 'member' })).toBe(false)
      expect(await store().changeRole({ ...key, tenant: newTenant(), role: 'member' })).toBe(false)
      expect(await roles()).toEqual(['admin'])
    })

    test('clients row 33: finds a user to sign in by name, or by an address that only one has verified', async () => {
      const tenant = newTenant()
      const give = (id: string, fields: Partial<UserRecord>) =>
        store().createUser(userRecord({ tenant, id: asUserId(id), username: id, ...fields }), [])
      await give('ada', { email: 'Ada@Example.com', emailVerified: true })
      await give('bo', { email: 'bo@example.com', emailVerified: false })
      await give('cy', { email: 'shared@example.com', emailVerified: true })
      await give('di', { email: 'shared@example.com', emailVerified: true })
      await give('ed', { email: 'both@example.com', emailVerified: true })
      await give('fi', { email: 'both@example.com', emailVerified: false })
      await give('gus', { email: 'gus@example.com', emailVerified: true })
      await give('hal', { username: 'gus@example.com' })
      const find = async (name: string, of = tenant) =>
        (await store().findUserForSignIn(of, name))?.id ?? null
      expect(await find('ada')).toBe('ada')
      expect(await find('ada@example.com')).toBe('ada')
      expect(await find('ada@example.com', newTenant())).toBeNull()
      expect(await find('bo@example.com')).toBeNull()
      expect(await find('shared@example.com')).toBeNull()
      expect(await find('both@example.com')).toBe('ed')
      // Whoever has it as a name goes first.
      expect(await find('gus@example.com')).toBe('hal')
      expect(await find('nobody@example.com')).toBeNull()

      const change = { tenant, userId: asUserId('bo'), email: 'bo@example.com' }
      expect(await store().changeEmail({ ...change, emailVerified: true })).toBe(true)
      expect(await find('bo@example.com')).toBe('bo')
      expect(await store().changeEmail({ ...change, email: null, emailVerified: false })).toBe(true)
      expect(await find('bo@example.com')).toBeNull()
      const stranger = { ...change, userId: asUserId('nobody'), emailVerified: true }
      expect(await store().changeEmail(stranger)).toBe(false)
    })

    test('a new form of the same password ends nothing', async () => {
      const tenant = newTenant()
      const session = sessionRecord({ tenant })
      await store().createUser(userRecord({ tenant }), [])
      await store().createSession(session, PASSWORD_HASH)
      await giveGrant(store(), { tenant })
      const hashes = { before: '$argon2id$old', after: '$argon2id$stronger' }
      expect(await store().updatePasswordHash({ tenant, userId: USER, ...hashes })).toBe(true)
      const found = await store().findSession(tenant, session.hash, NOW)
      expect(found?.user.passwordHash).toBe('$argon2id$stronger')
      expect((await store().listUserGrants(tenant, USER)).length).toBe(1)
    })

    test('attack B6: a new form of an old password does not replace a new password', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      await store().changePassword({ ...userEnding({ tenant }), passwordHash: '$argon2id$new' })
      const hashes = { before: '$argon2id$old', after: '$argon2id$stronger' }
      expect(await store().updatePasswordHash({ tenant, userId: USER, ...hashes })).toBe(false)
      expect((await store().findUser(tenant, USER))?.passwordHash).toBe('$argon2id$new')
    })
  })
}

function endingContract(store: TheStore): void {
  const endings = {
    'a new password': (tenant: string) =>
      store().changePassword({ ...userEnding({ tenant }), passwordHash: '$argon2id$new' }),
    'disabling a user': (tenant: string) => store().disableUser(userEnding({ tenant })),
  }
  describe.for(Object.entries(endings))('attack B6: %s', ([_name, end]) => {
    test('ends every session and grant of the user, and of no other, and tells the feed', async () => {
      const tenant = newTenant()
      for (const [id, username] of [
        [USER, 'ada'],
        [OTHER_USER, 'bo'],
      ] as const) {
        await store().createUser(userRecord({ tenant, id, username }), [])
        await store().createSession(sessionRecord({ tenant, userId: id }), PASSWORD_HASH)
        await giveGrant(store(), { tenant, userId: id })
      }
      expect(await end(tenant)).toBe(true)
      expect(await store().listSessions({ tenant, userId: USER, nowSeconds: NOW })).toEqual([])
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
      expect(
        (await store().listSessions({ tenant, userId: OTHER_USER, nowSeconds: NOW })).length,
      ).toBe(1)
      expect((await store().listUserGrants(tenant, OTHER_USER)).length).toBe(1)
      const feed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
      expect((await store().readFeed(feed)).lines).toMatchObject([
        { kind: 'user', subject: tagOf(USER) },
      ])
    })

    test('does nothing for a user that is not there', async () => {
      const tenant = newTenant()
      expect(await end(tenant)).toBe(false)
      const feed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
      expect((await store().readFeed(feed)).lines).toEqual([])
    })
  })

  test('a new password is kept', async () => {
    const tenant = newTenant()
    await store().createUser(userRecord({ tenant }), [])
    await store().changePassword({ ...userEnding({ tenant }), passwordHash: '$argon2id$new' })
    expect((await store().findUser(tenant, USER))?.passwordHash).toBe('$argon2id$new')
  })

  test('a user is disabled once, and has no session even if one is made later', async () => {
    const tenant = newTenant()
    const session = sessionRecord({ tenant })
    await store().createUser(userRecord({ tenant }), [])
    expect(await store().disableUser(userEnding({ tenant }))).toBe(true)
    expect(await store().disableUser(userEnding({ tenant }))).toBe(false)
    expect((await store().findUser(tenant, USER))?.disabledAtSeconds).toBe(NOW + 5)
    expect(await store().createSession(session, PASSWORD_HASH)).toBe(false)
    expect(await store().findSession(tenant, session.hash, NOW)).toBeNull()
  })
}
