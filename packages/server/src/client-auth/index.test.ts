import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { basic } from '../../test/support/test-app.ts'
import { clientRecord, SPA, secretRecord, WEB_APP } from '../../test/support/world.ts'
import type { Guessing } from '../identity/guessing.ts'
import { sha256 } from '../platform/hash.ts'
import { newSecret } from '../platform/random.ts'
import { asClientId } from '../protocol/ids.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { parseForm } from '../protocol/params.ts'
import type { Tenant } from '../protocol/tenant.ts'
import { StoreUnavailableError } from '../store/port.ts'
import type { ClientRecord, ClientSecretRecord } from '../store/records.ts'
import { authenticateClient } from './index.ts'

const OLD = newSecret('ost_cs')
const NEW = newSecret('ost_cs')
const HOUR = 3600

/** Two apps, one with two secrets, and everything that authentication asks for. */
function setUp(
  change: {
    client?: Partial<ClientRecord>
    secret?: Partial<ClientSecretRecord>
    tenant?: Tenant
  } = {},
) {
  const clock = createFakeClock()
  const now = clock.nowSeconds()
  const webApp = clientRecord(WEB_APP, change.client ?? {}, now)
  const clients = [
    {
      client: webApp,
      secrets: [
        { ...secretRecord(OLD, webApp, now), id: 'old', ...change.secret },
        { ...secretRecord(NEW, webApp, now), id: 'new' },
      ],
    },
    { client: clientRecord(SPA, { type: 'public' }, now), secrets: [] },
  ]
  const store = {
    findClient: vi.fn(
      async (_tenant: string, id: string) => clients.find(({ client }) => client.id === id) ?? null,
    ),
    recordSecretUse: vi.fn(async () => {}),
    recordClientUse: vi.fn(async () => {}),
  }
  const guesses = {
    limits: { clientsPerMinute: 60, signInsPerMinute: 120 },
    slotOf: (...fields: readonly string[]) => fields.join(' '),
    waitOf: vi.fn<Guessing['waitOf']>(async () => undefined),
    fail: vi.fn<Guessing['fail']>(async () => undefined),
  }
  const warn = vi.fn()
  const authenticate = (form: string, authorization?: string, address = '192.0.2.1') =>
    authenticateClient(requestOf({ form, authorization, address, warn }), {
      tenant: change.tenant ?? MAIN_TENANT,
      store,
      clock,
      guesses,
    })
  return { authenticate, clock, store, guesses, warn }
}

function requestOf(input: {
  form: string
  authorization: string | undefined
  address: string
  warn: () => void
}): IncomingRequest {
  return {
    method: 'POST',
    params: parseForm(input.form),
    inUrl: false,
    json: undefined,
    authorization: input.authorization,
    origin: undefined,
    cookies: {},
    acceptLanguage: undefined,
    pathParams: {},
    address: input.address,
    source: input.address,
    userAgent: undefined,
    id: 'request-1',
    log: { info: () => {}, warn: input.warn, error: () => {} },
  }
}

const inBody = (secret: string) => `client_id=web-app&client_secret=${encodeURIComponent(secret)}`

describe('authenticateClient', () => {
  it.each([
    ['Basic', '', basic('web-app', OLD)],
    ['Basic, and names itself too', 'client_id=web-app', basic('web-app', OLD)],
    ['the body', inBody(OLD), undefined],
    ['its other secret', inBody(NEW), undefined],
  ])('C2, RFC 6749 §2.3.1: knows an app by %s', async (_how, form, header) => {
    expect(await setUp().authenticate(form, header)).toMatchObject({ id: 'web-app', proven: true })
  })

  it.each([
    ['in Basic', '', basic('spa', '')],
    ['in Basic and in the body', 'client_id=spa&client_secret=', basic('spa', '')],
    ['in the body', 'client_id=spa&client_secret=', undefined],
  ])(
    'field report 3: takes an empty secret %s for none, from a public app',
    async (_how, form, header) => {
      expect(await setUp().authenticate(form, header)).toMatchObject({ id: 'spa', proven: false })
    },
  )

  it('RFC 6749 §2.1: takes a public client by its name', async () => {
    const { authenticate, store } = setUp()
    expect(await authenticate('client_id=spa')).toMatchObject({
      id: 'spa',
      type: 'public',
      proven: false,
    })
    expect(store.recordSecretUse).not.toHaveBeenCalled()
  })

  describe('field report 1: HTTP Basic is read as it was written', () => {
    const SECRET = 'Ab+cd%41/ef=='
    const raw = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
    const world = () =>
      setUp({
        client: { id: asClientId('12345+abc/d=') },
        secret: { hash: sha256(SECRET) },
      })

    it.each([
      ['as it is', raw(`12345+abc/d=:${SECRET}`)],
      ['encoded', basic('12345+abc/d=', SECRET)],
      ['the id encoded alone', raw(`12345%2Babc%2Fd%3D:${SECRET}`)],
      ['the secret encoded alone', raw(`12345+abc/d=:${encodeURIComponent(SECRET)}`)],
    ])('%s', async (_how, header) => {
      const { authenticate, guesses } = world()
      expect(await authenticate('', header)).toMatchObject({ id: '12345+abc/d=', proven: true })
      const named = `client_id=${encodeURIComponent('12345+abc/d=')}`
      expect(await authenticate(named, header)).toMatchObject({ proven: true })
      await expect(authenticate('client_id=12345+abc', header)).rejects.toMatchObject({
        reason: 'client_id_contradictory',
      })
      expect(guesses.fail).not.toHaveBeenCalled()
    })

    it('and a secret that is wrong in both readings is one failure', async () => {
      const { authenticate, guesses } = world()
      await expect(authenticate('', raw('12345+abc/d=:a+b'))).rejects.toMatchObject({
        reason: 'client_secret_wrong',
      })
      expect(guesses.fail).toHaveBeenCalledTimes(1)
    })
  })

  describe('where PKCE may stand in for a secret', () => {
    const { policy } = MAIN_TENANT
    const pkce = { ...policy.pkce, insteadOfSecret: true }
    const tenant = { ...MAIN_TENANT, policy: { ...policy, pkce } }

    it('takes a confidential app by its name, and says that it has proven nothing', async () => {
      const { authenticate, guesses, store } = setUp({ tenant })
      expect(await authenticate('client_id=web-app')).toMatchObject({
        id: 'web-app',
        type: 'confidential',
        proven: false,
      })
      expect(await authenticate(inBody(OLD))).toMatchObject({ proven: true })
      expect(store.recordSecretUse).toHaveBeenCalledTimes(1)
      expect(guesses.fail).not.toHaveBeenCalled()
    })

    it.each([
      ['a wrong secret', inBody('wrong'), undefined, 'client_secret_wrong'],
      ['an empty secret', '', basic('web-app', ''), 'client_secret_wrong'],
      [
        'a secret of a public app',
        'client_id=spa&client_secret=x',
        undefined,
        'client_method_wrong',
      ],
      ['an unknown app', 'client_id=nobody', undefined, 'client_unknown'],
      ['nothing', '', undefined, 'client_credentials_missing'],
    ])('C1: still refuses %s', async (_what, form, header, reason) => {
      const refused = setUp({ tenant }).authenticate(form, header)
      await expect(refused).rejects.toMatchObject({ reason })
    })

    it('and a disabled app', async () => {
      const { authenticate } = setUp({ tenant, client: { disabledAtSeconds: 1 } })
      const refused = authenticate('client_id=web-app')
      await expect(refused).rejects.toMatchObject({ reason: 'client_disabled' })
    })
  })

  it.each([
    ['Basic and body', inBody(OLD), basic('web-app', OLD), 'client_methods_several'],
    [
      'Basic and an empty body secret',
      'client_secret=',
      basic('web-app', 'x'),
      'client_secret_wrong',
    ],
    ['two names', 'client_id=spa', basic('web-app', OLD), 'client_id_contradictory'],
    ['a secret without a name', `client_secret=${OLD}`, undefined, 'parameter_missing'],
    ['nothing', '', undefined, 'client_credentials_missing'],
    ['another scheme', 'client_id=spa', 'Bearer abc', 'client_credentials_malformed'],
    [
      'a confidential app without secret',
      'client_id=web-app',
      undefined,
      'client_credentials_missing',
    ],
    ['an empty secret', '', basic('web-app', ''), 'client_secret_wrong'],
    [
      'a public app with a secret',
      'client_id=spa&client_secret=x',
      undefined,
      'client_method_wrong',
    ],
    ['an unknown app', 'client_id=nobody&client_secret=x', undefined, 'client_unknown'],
    ['an unknown public app', 'client_id=nobody', undefined, 'client_unknown'],
    ['an id in another spelling', 'client_id=SPA', undefined, 'client_unknown'],
  ])('C1, RFC 6749 §2.3: refuses %s', async (_what, form, header, reason) => {
    await expect(setUp().authenticate(form, header)).rejects.toMatchObject({ reason })
  })

  it('C3: takes no secret that is only similar', async () => {
    const { authenticate } = setUp()
    const change = fc.tuple(fc.nat(OLD.length), fc.nat(2), fc.string({ maxLength: 2 }))
    const similar = change.map(
      ([at, removed, inserted]) => OLD.slice(0, at) + inserted + OLD.slice(at + removed),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(similar, fc.string()), async (secret) => {
        fc.pre(secret !== OLD && secret !== '' && !secret.includes('\0'))
        await expect(authenticate(inBody(secret))).rejects.toMatchObject({
          reason: 'client_secret_wrong',
        })
      }),
    )
  })

  it('refuses a disabled app, even with the right secret', async () => {
    const { authenticate } = setUp({ client: { disabledAtSeconds: 1 } })
    await expect(authenticate(inBody(OLD))).rejects.toMatchObject({ reason: 'client_disabled' })
  })

  it('takes a secret until it expires, and the others after that', async () => {
    const now = createFakeClock().nowSeconds()
    const { authenticate, clock } = setUp({ secret: { expiresAtSeconds: now + HOUR } })
    clock.advance(now + HOUR - 1 - clock.nowSeconds())
    expect(await authenticate(inBody(OLD))).toMatchObject({ id: 'web-app' })
    clock.advance(1)
    await expect(authenticate(inBody(OLD))).rejects.toMatchObject({ reason: 'client_secret_wrong' })
    expect(await authenticate(inBody(NEW))).toMatchObject({ id: 'web-app' })
  })
})

describe('C4: guessing', () => {
  it('is counted by address and app; success is not', async () => {
    const { authenticate, guesses } = setUp()
    await authenticate(inBody(OLD))
    expect(guesses.fail).not.toHaveBeenCalled()
    await expect(authenticate(inBody('wrong'))).rejects.toThrow()
    await expect(authenticate(inBody('wrong'), undefined, '192.0.2.2')).rejects.toThrow()
    await expect(authenticate('client_id=nobody')).rejects.toThrow()
    const keys = guesses.fail.mock.calls.map(([{ slot }]) => slot)
    expect(new Set(keys).size).toBe(3)
    expect(guesses.waitOf.mock.calls.slice(1).map(([of]) => of().slot)).toEqual(keys)
  })

  it('is refused without looking when there was too much of it', async () => {
    const { authenticate, guesses, store } = setUp()
    guesses.waitOf.mockResolvedValue(42)
    await expect(authenticate(inBody(OLD))).rejects.toMatchObject({
      reason: 'guessing',
      status: 429,
      retryAfterSeconds: 42,
    })
    expect(store.findClient).not.toHaveBeenCalled()
  })

  it('a failure that is one too many is told to wait, not that the secret is wrong', async () => {
    const { authenticate, guesses } = setUp()
    guesses.fail.mockResolvedValue(42)
    await expect(authenticate(inBody('wrong'))).rejects.toMatchObject({
      reason: 'guessing',
      retryAfterSeconds: 42,
    })
  })
})

describe('the last use of a secret', () => {
  it('is written once a minute, for the secret that was used', async () => {
    const { authenticate, clock, store } = setUp({ secret: { lastUsedAtSeconds: null } })
    await authenticate(inBody(OLD))
    expect(store.recordSecretUse).toHaveBeenLastCalledWith(
      expect.objectContaining({ tenant: 'main', clientId: 'web-app', id: 'old' }),
      clock.nowSeconds(),
    )

    const recent = setUp({ secret: { lastUsedAtSeconds: clock.nowSeconds() - 58 } })
    await recent.authenticate(inBody(OLD))
    expect(recent.store.recordSecretUse).not.toHaveBeenCalled()
    recent.clock.advance(2)
    await recent.authenticate(inBody(OLD))
    expect(recent.store.recordSecretUse).toHaveBeenCalledOnce()
  })

  it('is no reason to fail', async () => {
    const { authenticate, store, warn } = setUp()
    store.recordSecretUse.mockRejectedValue(new StoreUnavailableError('away'))
    expect(await authenticate(inBody(OLD))).toMatchObject({ id: 'web-app' })
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce())
  })
})

describe('the last use of an app', () => {
  it('is written once a minute, whether it has a secret or not', async () => {
    const { authenticate, clock, store } = setUp()
    await authenticate('client_id=spa')
    expect(store.recordClientUse).toHaveBeenLastCalledWith('main', 'spa', clock.nowSeconds())
    await authenticate(inBody(NEW))
    expect(store.recordClientUse).toHaveBeenLastCalledWith('main', 'web-app', clock.nowSeconds())

    const recent = setUp({ client: { lastUsedAtSeconds: clock.nowSeconds() - 58 } })
    await recent.authenticate(inBody(OLD))
    expect(recent.store.recordClientUse).not.toHaveBeenCalled()
    recent.clock.advance(2)
    await recent.authenticate(inBody(OLD))
    expect(recent.store.recordClientUse).toHaveBeenCalledOnce()
  })

  it('is not written for who could not be that app', async () => {
    const { authenticate, store } = setUp()
    await expect(authenticate(inBody('wrong'))).rejects.toThrow()
    await expect(authenticate('client_id=web-app')).rejects.toThrow()
    expect(store.recordClientUse).not.toHaveBeenCalled()
  })

  it('is no reason to fail', async () => {
    const { authenticate, store, warn } = setUp()
    store.recordClientUse.mockRejectedValue(new StoreUnavailableError('away'))
    expect(await authenticate('client_id=spa')).toMatchObject({ id: 'spa' })
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce())
  })
})
