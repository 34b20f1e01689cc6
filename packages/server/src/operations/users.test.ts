import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { verifyPassword } from '../identity/passwords.ts'
import { createOrganisation } from './organisations.ts'
import type { NewUser } from './user-input.ts'
import { changePassword, createUser, disableUser, listUsers } from './users.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

const PASSWORD = 'seven sober seals'
const ADA: NewUser = { username: 'ada', name: 'Ada Winter', password: PASSWORD }

const refusals = async (input: NewUser) =>
  (await problemsOf(createUser(input, context))).map(({ field, problem }) => `${field} ${problem}`)

async function passwordWorks(username: string, password: string): Promise<boolean> {
  const user = await context.store.findUserByUsername(context.tenant.name, username)
  return (await verifyPassword(password, user?.passwordHash ?? null)).correct
}

describe('creating a user', () => {
  it('keeps the password as argon2id and shows it to nobody', async () => {
    const user = await createUser(ADA, context)
    expect(await passwordWorks('ada', PASSWORD)).toBe(true)
    expect(user).not.toHaveProperty('passwordHash')
    expect(JSON.stringify(await Array.fromAsync(listUsers(context)))).not.toContain('argon2')
    expect(await auditTrail(context)).toEqual([`test user.created user:${user.id}`])
  })

  it('keeps one spelling of a username: NFKC, lower case', async () => {
    const user = await createUser({ ...ADA, username: 'Ａda' }, context)
    expect(user.username).toBe('ada')
    expect(await refusals({ ...ADA, username: ' ADA ' })).toEqual(['username "ada" is taken'])
  })

  it('makes them a member of organisations, with a default unit', async () => {
    const units = [{ id: 'vienna', name: 'Vienna' }]
    await createOrganisation({ id: 'acme', name: 'Acme', units }, context)
    const memberships = [{ organisationId: 'acme', defaultUnitId: 'vienna' }]
    const user = await createUser({ ...ADA, memberships }, context)
    expect(user.memberships).toMatchObject([
      { organisation: { id: 'acme' }, defaultUnit: { id: 'vienna' } },
    ])
  })

  it.each<[Partial<NewUser>, RegExp]>([
    [{ username: ' ' }, /^username is empty/],
    [{ username: 'a b' }, /^username holds spaces/],
    [{ username: 'a\u200Bb' }, /^username holds spaces or invisible/],
    [{ username: 'x'.repeat(129) }, /^username has more than 128/],
    [{ name: '' }, /^name is empty/],
    [{ email: 'ada' }, /^email "ada" is not an e-mail address/],
    [{ locale: 'not a tag' }, /^locale .* language tag/],
    [{ password: 'short' }, /^password is too short/],
    [{ memberships: [{ organisationId: 'acme' }] }, /^memberships "acme" does not/],
  ])('refuses %j', async (changes, problem) => {
    expect(await refusals({ ...ADA, ...changes })).toEqual([expect.stringMatching(problem)])
    expect(await Array.fromAsync(listUsers(context))).toEqual([])
  })

  it('refuses units of others and an organisation named twice', async () => {
    await createOrganisation({ id: 'acme', name: 'Acme' }, context)
    const memberships = [
      { organisationId: 'acme', defaultUnitId: 'vienna' },
      { organisationId: 'acme' },
    ]
    expect(await refusals({ ...ADA, memberships })).toEqual([
      'memberships "vienna" is not a unit of "acme"',
      'memberships "acme" is given twice',
    ])
  })

  it('security L3: refuses every unit that is not one of the organisation named, the further ones too', async () => {
    await createOrganisation(
      { id: 'acme', name: 'Acme', units: [{ id: 'hamburg', name: 'H' }] },
      context,
    )
    await createOrganisation(
      { id: 'globex', name: 'Globex', units: [{ id: 'graz', name: 'G' }] },
      context,
    )
    const membership = {
      ...{ organisationId: 'acme', defaultUnitId: 'hamburg' },
      furtherUnitIds: ['hamburg', 'graz', 'nowhere'],
    }
    expect(await refusals({ ...ADA, memberships: [membership] })).toEqual([
      'memberships "graz" is not a unit of "acme"',
      'memberships "nowhere" is not a unit of "acme"',
    ])
  })
})

describe('a new password', () => {
  it('replaces the old one and ends every grant of the user', async () => {
    const user = await createUser(ADA, context)
    await changePassword({ username: 'Ada', password: 'eight eager eagles' }, context)
    expect(await passwordWorks('ada', PASSWORD)).toBe(false)
    expect(await passwordWorks('ada', 'eight eager eagles')).toBe(true)
    const { store, tenant, clock } = context
    const feed = { tenant: tenant.name, afterSequence: 0, nowSeconds: clock.nowSeconds(), limit: 9 }
    expect((await store.readFeed(feed)).lines).toMatchObject([{ kind: 'user', subject: user.tag }])
    expect((await auditTrail(context))[0]).toBe(`test user.password_changed user:${user.id}`)
  })

  it('D7: lifts what strangers have used up', async () => {
    const user = await createUser(ADA, context)
    const { store, tenant, clock } = context
    const allowance = {
      ...{ purpose: 'strangers', slot: 'a', failures: 1 },
      ...{ windowSeconds: 3600, thenEverySeconds: 10 },
    }
    const at = { tenant: tenant.name, allowances: [allowance], nowSeconds: clock.nowSeconds() }
    await store.settleTry({ ...at, result: 'failed', subject: user.id })
    expect(await store.reserveTry(at)).toMatchObject({ outcome: 'spent' })
    await changePassword({ username: 'Ada', password: 'eight eager eagles' }, context)
    expect(await store.reserveTry(at)).toEqual({ outcome: 'reserved' })
  })

  it('is refused when it is weak or the user does not exist', async () => {
    await createUser(ADA, context)
    const change = (username: string, password: string) =>
      problemsOf(changePassword({ username, password }, context))
    expect(await change('ada', 'short')).toMatchObject([{ field: 'password' }])
    expect(await change('bob', PASSWORD)).toMatchObject([{ field: 'username' }])
    expect(await passwordWorks('ada', PASSWORD)).toBe(true)
  })
})

describe('disabling a user', () => {
  it('keeps the user out, once, and says so in the audit trail', async () => {
    const user = await createUser(ADA, context)
    await disableUser({ username: 'Ada' }, context)
    const [listed] = await Array.fromAsync(listUsers(context))
    expect(listed?.disabledAtSeconds).toBe(context.clock.nowSeconds())
    expect(await auditTrail(context)).toContain(`test user.disabled user:${user.id}`)
    expect(await problemsOf(disableUser({ username: 'ada' }, context))).toHaveLength(1)
    expect(await problemsOf(disableUser({ username: 'nobody' }, context))).toHaveLength(1)
  })
})
