import { describe, expect, test } from 'vitest'
import { TokenError } from '../src/index.ts'
import { newGuardUnderTest, requestWith } from './support/guard-under-test.ts'

const now = () => Math.floor(Date.now() / 1000)

describe('scopes', () => {
  test('all of `scopes` are needed', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const jwt = await issuer.mint({ scopes: ['a', 'b'] })
    expect(await ask(jwt, { scopes: ['a', 'b'] })).toMatchObject({ status: 200 })
    expect(await ask(jwt, { scopes: ['a', 'c'] })).toMatchObject({
      status: 403,
      challenge: { error: 'insufficient_scope', scope: 'a c' },
    })
  })

  test('one of `anyScope` is enough, and the first is the one to ask for', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const jwt = await issuer.mint({ scopes: ['b'] })
    expect(await ask(jwt, { anyScope: ['a', 'b'] })).toMatchObject({ status: 200 })
    expect(await ask(jwt, { scopes: ['b'], anyScope: ['c', 'd'] })).toMatchObject({
      status: 403,
      challenge: { error: 'insufficient_scope', scope: 'b c' },
    })
  })

  test('a scope is compared whole', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const jwt = await issuer.mint({ scopes: ['contacts:read-only', 'Contacts:read'] })
    expect(await ask(jwt, { scopes: ['contacts:read'] })).toMatchObject({ status: 403 })
  })

  test('a handler can ask for more', async () => {
    const { issuer, guard } = newGuardUnderTest()
    const verdict = await guard.verify(
      requestWith(`Bearer ${await issuer.mint({ scopes: ['a'] })}`),
    )
    if (!verdict.ok) throw verdict.error
    expect(verdict.token.has('a')).toBe(true)
    expect(verdict.token.has('b')).toBe(false)
    expect(() => verdict.token.assert('a')).not.toThrow()
    expect(() => verdict.token.assert('a', 'b')).toThrow(TokenError)
  })
})

describe.each([
  ['organisation', 'organisationId', 'organisation_mismatch'],
  ['unit', 'unitId', 'unit_mismatch'],
] as const)('%s', (requirement, field, reason) => {
  const ofUrl = (request: Request) => new URL(request.url).searchParams.get('of') ?? undefined

  test.each([
    ['by name', 'mine', 'https://api.test/'],
    ['by the request', ofUrl, 'https://api.test/?of=mine'],
    ['by a promise', async (request: Request) => ofUrl(request), 'https://api.test/?of=mine'],
  ])('%s: lets the right one in and no other', async (_name, wanted, url) => {
    const { issuer, guard } = newGuardUnderTest()
    const right = requestWith(`Bearer ${await issuer.mint({ [field]: 'mine' })}`, url)
    expect(await guard.verify(right, { [requirement]: wanted })).toMatchObject({ ok: true })
    for (const minted of [{ [field]: 'other' }, {}]) {
      const wrong = requestWith(`Bearer ${await issuer.mint(minted)}`, url)
      expect(await guard.verify(wrong, { [requirement]: wanted })).toMatchObject({
        ok: false,
        error: { reason, code: 'access_denied', statusCode: 403 },
      })
    }
  })

  test('a function that finds none lets nobody in', async () => {
    const { issuer, ask } = newGuardUnderTest()
    for (const token of [await issuer.mint({ [field]: 'mine' }), await issuer.mint()]) {
      expect(await ask(token, { [requirement]: ofUrl })).toMatchObject({
        status: 403,
        error: { reason },
      })
    }
  })
})

describe('RFC 9470 §3: a recent sign-in', () => {
  const requirements = { maxAgeSeconds: 60 }

  test('lets a fresh one pass', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const jwt = await issuer.mint({ authTimeSeconds: now() - 30 })
    expect(await ask(jwt, requirements)).toMatchObject({ status: 200 })
  })

  test.each([
    ['an old one', { authTimeSeconds: now() - 90 }],
    ['one that is not told', {}],
  ])('asks for a new one after %s', async (_name, minted) => {
    const { issuer, ask } = newGuardUnderTest()
    expect(await ask(await issuer.mint(minted), requirements)).toMatchObject({
      status: 401,
      challenge: { error: 'insufficient_user_authentication', max_age: '60' },
    })
  })
})

describe('a rule of the API itself', () => {
  test.each([
    ['true lets pass', () => true, 200],
    ['a promise of true lets pass', async () => true, 200],
    ['false refuses', () => false, 403],
    ['a promise of false refuses', async () => false, 403],
    ['anything but true refuses', () => 'yes' as unknown as boolean, 403],
  ])('%s', async (_name, check, status) => {
    const { issuer, ask } = newGuardUnderTest()
    expect((await ask(await issuer.mint(), { check })).status).toBe(status)
  })

  test('a TokenError is answered in its own words', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const check = () => {
      throw new TokenError('check_failed', { description: 'Only on weekdays.' })
    }
    expect(await ask(await issuer.mint(), { check })).toMatchObject({
      status: 403,
      challenge: { error: 'access_denied', error_description: 'Only on weekdays.' },
    })
  })

  test('any other error is a bug and goes on to the framework', async () => {
    const { issuer, ask } = newGuardUnderTest()
    const check = () => {
      throw new RangeError('bug')
    }
    await expect(ask(await issuer.mint(), { check })).rejects.toThrow(RangeError)
  })
})

test('operating 17: a list, where a path repeats its parameter, is no organisation', async () => {
  const { issuer, ask } = newGuardUnderTest()
  const jwt = await issuer.mint({ organisationId: 'acme' })
  expect(await ask(jwt, { organisation: () => ['acme'] })).toMatchObject({
    status: 403,
    error: { reason: 'organisation_mismatch' },
  })
})

describe('operating 8: requirements that do not say what their author meant are refused', () => {
  const undefinedOnes = ['scopes', 'anyScope', 'organisation', 'unit', 'maxAgeSeconds', 'check']
  test.each<[string, unknown, string]>([
    ['a misspelt name', { scope: ['a'] }, 'Unknown requirement "scope"'],
    ['two scopes in one', { scopes: ['a b'] }, 'one by one'],
    ['an empty choice', { anyScope: [] }, 'anyScope is empty'],
    ['introspection without credentials', { introspect: true }, 'introspection'],
    ...[...undefinedOnes, 'introspect'].map((name): [string, unknown, string] => [
      `${name} from a variable that is not set`,
      { [name]: undefined },
      `The requirement ${name} is undefined`,
    ]),
    ['a scope instead of a list', { scopes: 'contacts:read' }, 'scopes must be a list'],
    ['a list with a hole', { scopes: Array(1) }, 'scopes must be a list'],
    ['a list of no scope', { anyScope: [undefined] }, 'anyScope must be a list'],
    ['an organisation by number', { organisation: 7 }, 'organisation must be text'],
    ['an empty organisation', { organisation: '' }, 'organisation must be text'],
    ['no unit', { unit: null }, 'unit must be text'],
    ['an age by text', { maxAgeSeconds: '300' }, 'maxAgeSeconds must be a number'],
    ['an age that is no number', { maxAgeSeconds: Number.NaN }, 'maxAgeSeconds must be a number'],
    ['an age below zero', { maxAgeSeconds: -1 }, 'maxAgeSeconds must be a number'],
    ['introspection by text', { introspect: 'false' }, 'introspect must be true or false'],
    ['a check that is no function', { check: 'x' }, 'check must be a function'],
    ['a check that was called', { check: true }, 'check must be a function'],
    ['a scope by itself', 'contacts:read', 'Requirements are an object'],
    ['a list', ['contacts:read'], 'Requirements are an object'],
    ['a map', new Map([['scopes', ['a']]]), 'Requirements are an object'],
    ['a function', () => ({ scopes: ['a'] }), 'Requirements are an object'],
    ['null', null, 'Requirements are an object'],
  ])('%s', async (_name, requirements, message) => {
    const { issuer, ask, guard } = newGuardUnderTest()
    expect(() => guard.assertRequirements(requirements as object)).toThrow(message)
    await expect(ask(await issuer.mint(), requirements as object)).rejects.toThrow(message)
  })
})
