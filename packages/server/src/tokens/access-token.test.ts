import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { API } from '../../test/support/world.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import type { AccessTokenFacts } from '../protocol/access-token-facts.ts'
import { asClientId, asGrantId, asRevocationTag, asUserId } from '../protocol/ids.ts'
import { readAccessToken, signAccessToken } from './access-token.ts'
import { createKeyRing } from './keys.ts'

const deps = createKeyDeps()
const keys = createKeyRing(deps)
const { tenant } = deps
const now = deps.clock.nowSeconds()

const FACTS: AccessTokenFacts = {
  grantId: asGrantId('0123456789abcdef0123456789abcdef'),
  clientId: asClientId('web-app'),
  userId: asUserId('user-ada'),
  clientTag: asRevocationTag('c0'.repeat(10)),
  userTag: asRevocationTag('d1'.repeat(10)),
  organisationId: 'acme',
  unitId: 'acme-north',
  scopes: ['contacts:read', 'openid'],
  audience: [API],
  authTimeSeconds: now - 10,
  issuedAtSeconds: now,
  expiresAtSeconds: now + 3600,
}

const inputOf = (facts: AccessTokenFacts) => ({ facts, consumer: undefined })
const signFacts = (facts: AccessTokenFacts) => signAccessToken(inputOf(facts), { tenant, keys })
const read = (token: string, nowSeconds = now) =>
  readAccessToken(token, { tenant, keys, nowSeconds })

/** Everything that it says. */
async function readAll(token: string, nowSeconds = now) {
  const { rest, ...said } = (await read(token, nowSeconds))?.said ?? {}
  return { ...said, ...rest }
}

describe('an access token', () => {
  it('RFC 9068 §2.2: has these claims, and the type at+jwt', async () => {
    const token = await signFacts(FACTS)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(decodeJwt(token)).toEqual({
      iss: tenant.issuer,
      sub: 'user-ada',
      aud: API,
      client_id: 'web-app',
      scope: 'contacts:read openid',
      iat: now,
      exp: now + 3600,
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      grant_id: FACTS.grantId,
      auth_time: now - 10,
      org_id: 'acme',
      unit_id: 'acme-north',
      rev: { c: FACTS.clientTag, u: FACTS.userTag },
    })
  })

  it('RFC 9068 §2.2: has the app as subject where there is no user, and says no more', async () => {
    const facts = {
      ...FACTS,
      userId: null,
      organisationId: null,
      unitId: null,
      authTimeSeconds: null,
    }
    const payload = decodeJwt(await signFacts(facts))
    expect(payload).toMatchObject({ sub: 'web-app', client_id: 'web-app' })
    expect(Object.keys(payload)).not.toContain('auth_time')
    expect(Object.keys(payload)).not.toContain('org_id')
    expect(await readAll(await signFacts(facts))).toEqual(facts)
  })

  it('RFC 7519 §4.1.7: never has the jti of another', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => signFacts(FACTS)))
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(100)
  })

  it('is read back as it was issued', async () => {
    const id = fc.string({ minLength: 1, unit: 'grapheme' })
    const orNull = fc.option(id)
    const scope = fc.constantFrom('openid', 'contacts:read', 'contacts:write')
    const tag = fc.string({ minLength: 20, maxLength: 20 }).map(asRevocationTag)
    const drawn = fc.record({
      grantId: id.map(asGrantId),
      clientId: id.map((text) => asClientId(`client ${text}`)),
      userId: fc.option(id.map((text) => asUserId(`user ${text}`))),
      clientTag: tag,
      userTag: fc.option(tag),
      organisationId: orNull,
      unitId: orNull,
      scopes: fc.uniqueArray(scope),
      audience: fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 3 }),
      authTimeSeconds: fc.option(fc.integer({ min: 0, max: now })),
      issuedAtSeconds: fc.integer({ min: 0, max: now }),
      expiresAtSeconds: fc.integer({ min: now + 1, max: 2 ** 40 }),
    })
    await fc.assert(
      fc.asyncProperty(drawn, async (facts) => {
        expect(await readAll(await signFacts(facts))).toEqual(facts)
      }),
    )
  })

  it('RFC 7519 §4.1.4: is read until it expires', async () => {
    const token = await signFacts(FACTS)
    expect(await readAll(token, now + 3599)).toEqual(FACTS)
    expect(await read(token, now + 3600)).toBeUndefined()
    expect(await read(token, now + 3601)).toBeUndefined()
  })

  it.each(['iat', 'exp', 'sub', 'aud', 'client_id', 'grant_id', 'iss'])(
    'is none without %s',
    async (name) => {
      const signer = await keys.signer()
      const claims = { ...decodeJwt(await signFacts(FACTS)), [name]: undefined }
      expect(await read(await signer.sign('at+jwt', claims))).toBeUndefined()
    },
  )

  it.each([
    { exp: 'soon' },
    { exp: null },
    { exp: {} },
    { exp: 'Infinity' },
    { iat: 'once' },
    { iat: {} },
    { client_id: 42 },
    { grant_id: ['grant-1'] },
    { scope: ['contacts:read'] },
  ])('RFC 9068 §2.2: is none with %j', async (claims) => {
    const signer = await keys.signer()
    const changed = { ...decodeJwt(await signFacts(FACTS)), ...claims }
    expect(await read(await signer.sign('at+jwt', changed))).toBeUndefined()
  })

  it('B12: is none of another issuer, nor of another type', async () => {
    const signer = await keys.signer()
    const claims = decodeJwt(await signFacts(FACTS))
    expect(await read(await signer.sign('at+jwt', claims))).toBeDefined()
    expect(await read(await signer.sign('JWT', claims))).toBeUndefined()
    const foreign = { ...claims, iss: 'https://evil.example' }
    expect(await read(await signer.sign('at+jwt', foreign))).toBeUndefined()
  })
})

describe.each([financialCents, crmCom])('an access token of contract $name', (contract) => {
  const other = createKeyDeps(tenantOf(contract))
  const ring = createKeyRing(other)
  const context = { tenant: other.tenant, keys: ring }
  const sign = () => signAccessToken(inputOf(FACTS), context)
  const readOther = (token: string, nowSeconds = now) =>
    readAccessToken(token, { ...context, nowSeconds })

  it('names its grant and its times, and no issuer', async () => {
    const token = await sign()
    expect(decodeProtectedHeader(token).typ).toBe('JWT')
    expect(decodeJwt(token)).not.toHaveProperty('iss')
    expect((await readOther(token))?.said).toMatchObject({
      grantId: FACTS.grantId,
      issuedAtSeconds: now,
      expiresAtSeconds: now + 3600,
      rest: undefined,
    })
  })

  it('RFC 7519 §4.1.4: is read until it expires', async () => {
    const token = await sign()
    expect(await readOther(token, now + 3599)).toBeDefined()
    expect(await readOther(token, now + 3600)).toBeUndefined()
  })

  it.each(['jti', 'iat', 'exp'])('is none without %s', async (name) => {
    const signer = await ring.signer(FACTS.audience)
    const claims = { ...decodeJwt(await sign()), [name]: undefined }
    expect(await readOther(await signer.sign('JWT', claims))).toBeUndefined()
  })

  it('B11: is none with the key of another tenant', async () => {
    const stranger = createKeyDeps(tenantOf(contract))
    const foreign = await signAccessToken(inputOf(FACTS), {
      tenant: stranger.tenant,
      keys: createKeyRing(stranger),
    })
    expect(await readOther(foreign)).toBeUndefined()
  })
})

it('RFC 8725 §3.2: where each API has its own key, a token tells whose it is signed with', async () => {
  const { tenant: crm, ...rest } = createKeyDeps(tenantOf(crmCom))
  const ring = createKeyRing({ tenant: crm, ...rest })
  for (const { audience } of crm.resourceServers) {
    const facts = { ...FACTS, audience: [audience] }
    const token = await signAccessToken(inputOf(facts), { tenant: crm, keys: ring })
    const found = await readAccessToken(token, { tenant: crm, keys: ring, nowSeconds: now })
    expect(found?.key).toMatchObject({ audience, algorithm: 'HS256' })
  }
})
