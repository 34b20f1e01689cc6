import fc from 'fast-check'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { asClientId, asGrantId, asUserId } from '../protocol/ids.ts'
import type { AccessTokenFacts } from '../store/records.ts'
import { readAccessToken, signAccessToken } from './access-token.ts'
import { createKeyRing } from './keys.ts'

const deps = createKeyDeps()
const keys = createKeyRing(deps)
const { issuer } = deps.tenant
const now = deps.clock.nowSeconds()

const FACTS: AccessTokenFacts = {
  grantId: asGrantId('grant-1'),
  clientId: asClientId('web-app'),
  userId: asUserId('user-ada'),
  organisationId: 'acme',
  unitId: 'acme-north',
  scopes: ['contacts:read', 'openid'],
  audience: ['https://api.example/v1'],
  authTimeSeconds: now - 10,
  issuedAtSeconds: now,
  expiresAtSeconds: now + 3600,
}

const signFacts = async (facts: AccessTokenFacts) =>
  signAccessToken({ facts, issuer, id: 'token-1', signer: await keys.signer() })
const read = (token: string, nowSeconds = now) =>
  readAccessToken(token, { issuer, keys, nowSeconds })

describe('an access token', () => {
  it('RFC 9068 §2.2: has these claims, and the type at+jwt', async () => {
    const token = await signFacts(FACTS)
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(decodeJwt(token)).toEqual({
      iss: issuer,
      sub: 'user-ada',
      aud: 'https://api.example/v1',
      client_id: 'web-app',
      scope: 'contacts:read openid',
      iat: now,
      exp: now + 3600,
      jti: 'token-1',
      grant_id: 'grant-1',
      auth_time: now - 10,
      org_id: 'acme',
      unit_id: 'acme-north',
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
    expect(await read(await signFacts(facts))).toEqual(facts)
  })

  it('is read back as it was issued', async () => {
    const id = fc.string({ minLength: 1, unit: 'grapheme' })
    const orNull = fc.option(id)
    const scope = fc.constantFrom('openid', 'contacts:read', 'contacts:write')
    const drawn = fc.record({
      grantId: id.map(asGrantId),
      clientId: id.map((text) => asClientId(`client ${text}`)),
      userId: fc.option(id.map((text) => asUserId(`user ${text}`))),
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
        expect(await read(await signFacts(facts))).toEqual(facts)
      }),
    )
  })

  it('is read until it expires', async () => {
    const token = await signFacts(FACTS)
    expect(await read(token, now + 3599)).toEqual(FACTS)
    expect(await read(token, now + 3600)).toBeUndefined()
  })

  it.each(['iat', 'sub', 'aud', 'client_id', 'grant_id'])('is none without %s', async (name) => {
    const signer = await keys.signer()
    const claims = { ...decodeJwt(await signFacts(FACTS)), [name]: undefined }
    expect(await read(await signer.sign('at+jwt', claims))).toBeUndefined()
  })
})
