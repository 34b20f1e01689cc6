import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { verifyPassword } from '../identity/passwords.ts'
import { asUserId } from '../protocol/ids.ts'
import { importUsers } from './import-users.ts'
import { describeProblem } from './operation.ts'
import { createOrganisation } from './organisations.ts'
import { createUser } from './users.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
})
afterEach(() => context.store.close())

/** Of "password", with a cost that nobody would choose: 15. */
const TOO_COSTLY = '$2b$15$GkZ3ULsiCq6v1KFVQLCHSesD1viwqYs3aAq9vWorqE365I5.4aUiq'
const BCRYPT = '$2b$05$GkZ3ULsiCq6v1KFVQLCHSesD1viwqYs3aAq9vWorqE365I5.4aUiq'
const ADA = { username: 'Ada', name: 'Ada Winter', password_hash: BCRYPT }

const take = (records: readonly object[], partial = false) =>
  importUsers(
    records.map((record, index) => ({ line: index + 1, values: { ...record } })),
    { partial },
    context,
  )

const problemsWith = async (...records: readonly object[]) =>
  (await problemsOf(take(records))).map(describeProblem)

const find = (username: string) => context.store.findUserByUsername(context.tenant.name, username)

describe('importing users', () => {
  it('creates them with the hashes that they have, and says so of each in the audit trail', async () => {
    await createOrganisation(
      { name: 'Acme', id: 'acme', units: [{ name: 'Vienna', id: 'vienna' }] },
      context,
    )
    const profile = { email: 'ada@acme.example', email_verified: 'true', locale: 'de-AT' }
    const place = { organisation: 'acme', unit: 'vienna' }
    const report = await take([
      { ...ADA, ...profile, ...place, id: 'user-0001' },
      { username: 'bo', name: 'Bo', password: 'seven sober seals', email: '' },
    ])
    expect(report).toMatchObject({ imported: 2, problems: [] })
    const ada = await find('ada')
    expect(ada).toMatchObject({
      id: 'user-0001',
      username: 'ada',
      name: 'Ada Winter',
      email: 'ada@acme.example',
      emailVerified: true,
      passwordHash: BCRYPT,
      locale: 'de-AT',
    })
    expect(
      await context.store.listMemberships(context.tenant.name, ada?.id ?? asUserId('none')),
    ).toMatchObject([{ organisation: { id: 'acme' }, defaultUnit: { id: 'vienna' } }])
    const bo = await find('bo')
    expect(bo).toMatchObject({ email: null, emailVerified: false, locale: null })
    const check = await verifyPassword('seven sober seals', bo?.passwordHash ?? null)
    expect(check).toEqual({ correct: true, outdated: false })
    expect((await auditTrail(context))[1]).toBe('test user.imported user:user-0001')
  })

  it.each([
    [{ username: '' }, 'username is empty'],
    [{ username: 'a da' }, /^username holds spaces or invisible characters/],
    [{ name: null }, 'name is empty: give a name'],
    [{ id: 'a b' }, /^id "a b" cannot be used/],
    [{ email: 'ada' }, 'email "ada" is not an e-mail address'],
    [{ email_verified: true }, 'email_verified is true, and there is no email'],
    [{ email: 'a@b.example', email_verified: 1 }, 'email_verified is neither true nor false'],
    [{ locale: 'x' }, /^locale "x" is not a language tag/],
    [{ organisation: 'nowhere' }, 'organisation "nowhere" does not exist'],
    [{ unit: 'vienna' }, /^unit needs the organisation/],
    [{ password: 'seven sober seals' }, /^password is given beside password_hash/],
    [{ password_hash: '' }, 'password_hash is missing: give it, or password'],
    [{ password_hash: '', password: 'short' }, /^password is too short/],
    [
      { password_hash: TOO_COSTLY },
      'password_hash has 15 as cost: more than 14 would stall the server',
    ],
    [{ password_hash: 'plain' }, /^password_hash is of none of the known formats/],
    [{ 'password hash': BCRYPT }, /^password hash is not known: use id, username,/],
  ])('%j: is said on its line', async (change, problem) => {
    const problems = await problemsWith(ADA, { ...ADA, username: 'other', ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.replace('line 2: ', '')).toMatch(problem)
    expect(problems[0]).toMatch(/^line 2: /)
    expect(problems.join()).not.toContain('GkZ3ULsiCq6v1KFVQLCHSe')
  })

  it('compares usernames as signing in does, and says all that are there twice', async () => {
    await createUser({ username: 'bo', name: 'Bo', password: 'seven sober seals' }, context)
    const bo = await find('bo')
    const problems = await problemsWith(
      { ...ADA, id: 'one' },
      { ...ADA, username: ' ＡDA', id: 'two' },
      { ...ADA, username: 'cy', id: 'one' },
      { ...ADA, username: 'BO' },
      { ...ADA, username: 'di', id: bo?.id },
    )
    expect(problems).toEqual([
      'line 2: username "ada" is on line 1 already',
      'line 3: id "one" is on line 1 already',
      'line 4: username "bo" exists already',
      `line 5: id "${bo?.id}" exists already`,
    ])
    expect(await find('ada')).toBeNull()
  })

  it('takes the good ones of many when that was asked for', async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...ADA,
      username: `user${index}`,
      password_hash: index % 20 === 7 ? 'plain' : BCRYPT,
    }))
    const report = await take(many, true)
    expect(report.imported).toBe(57)
    expect(report.problems.map(({ line }) => line)).toEqual([8, 28, 48])
    expect(await context.store.listUsers(context.tenant.name)).toHaveLength(57)
  })
})
