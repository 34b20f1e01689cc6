import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { API } from '../../test/support/world.ts'
import type { Contract } from '../contracts/contract.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { CONTRACT_NAMES, findContract } from '../contracts/index.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { standard } from '../contracts/standard.ts'
import { systemClock } from '../platform/clock.ts'
import { tokenKey } from '../platform/hash.ts'
import { looksLikeSecret } from '../platform/random.ts'
import { asClientId, asGrantId, asRevocationTag, asUserId } from '../protocol/ids.ts'
import type { Policy } from '../protocol/policy.ts'
import type { UserRecord } from '../store/records.ts'
import { type IdTokenPlan, issueTokens, type TokenPlan } from './issue.ts'
import { createKeyRing } from './keys.ts'

const GRANT = {
  id: asGrantId('0123456789abcdef0123456789abcdef'),
  clientId: asClientId('web-app'),
  userId: asUserId('user-ada'),
  clientTag: asRevocationTag('c0'.repeat(10)),
  userTag: asRevocationTag('d1'.repeat(10)),
  organisationId: 'acme',
  unitId: null,
  authTimeSeconds: 1,
}

const PLAN: TokenPlan = {
  grant: GRANT,
  scopes: ['contacts:read'],
  audience: [API],
  refresh: { kind: 'none' },
  idToken: undefined,
  lifetimeSeconds: 600,
  clientAuthenticated: true,
}

const ID_TOKEN: IdTokenPlan = { nonce: 'n-1', algorithm: 'ES256', profile: true }

const ADA: UserRecord = {
  ...{ tenant: 'main', id: GRANT.userId, tag: GRANT.userTag, username: 'ada', name: 'Ada Example' },
  ...{ email: 'ada@example.com', emailVerified: true, passwordHash: null, locale: 'de' },
  ...{ createdAtSeconds: 1, disabledAtSeconds: null },
}

function setUp(contract: Contract, changes: Partial<Policy> = {}) {
  const tenant = tenantOf(contract)
  const keyDeps = createKeyDeps({ ...tenant, policy: { ...tenant.policy, ...changes } })
  const store = { findUser: async () => ADA }
  const deps = { ...keyDeps, store, keys: createKeyRing(keyDeps) }
  const now = deps.clock.nowSeconds()
  return {
    deps,
    now,
    issue: (plan: Partial<TokenPlan> = {}) => issueTokens({ ...PLAN, ...plan }, deps),
  }
}

describe('the access token', () => {
  it('RFC 6749 §5.1: lives as long as the plan says, in the answer and in itself', async () => {
    const { issue, now } = setUp(standard)
    const { response, tokens } = await issue()
    expect(response).toMatchObject({ tokenType: 'Bearer', expiresInSeconds: 600 })
    expect(response.scopes).toEqual(['contacts:read'])
    expect(decodeJwt(response.accessToken)).toMatchObject({ iat: now, exp: now + 600 })
    expect(tokens).toEqual({ accessToken: null, refreshToken: null })
  })

  it('is stored as a hash, beside what it stands for, when it is opaque', async () => {
    const { issue, now, deps } = setUp(standard, {
      accessToken: { format: 'opaque', lifetimeSeconds: 1 },
    })
    const { response, tokens } = await issue()
    expect(looksLikeSecret('ost_at', response.accessToken)).toBe(true)
    const { id: grantId, ...subject } = GRANT
    expect(tokens.accessToken).toEqual({
      tenant: deps.tenant.name,
      hash: tokenKey(response.accessToken),
      grantId,
      ...subject,
      scopes: ['contacts:read'],
      audience: [API],
      issuedAtSeconds: now,
      expiresAtSeconds: now + 600,
    })
  })

  it('has the form that its contract lays down', async () => {
    const { response } = await setUp(jsonApi).issue()
    expect(response.accessToken).toMatch(/^[0-9a-f]{64}$/)
  })

  it('names the consumer where the contract has such', async () => {
    const consumer = { username: 'ada', accessIdentifierId: 'ABC' }
    const { response } = await setUp(crmCom).issue({ consumer })
    expect(decodeJwt(response.accessToken)).toMatchObject({ usr: 'ada', ari: 'ABC' })
  })

  it.each([standard, financialCents, crmCom])(
    'clients F8: holds no time of the future for verifiers that count whole seconds, with $name',
    async (contract) => {
      const { deps } = setUp(contract)
      const now = deps.clock.nowSeconds()
      // In the last moment of its second.
      const clock = { ...deps.clock, nowMilliseconds: () => now * 1000 + 999 }
      const { response } = await issueTokens(PLAN, { ...deps, clock })
      const { iat, nbf = iat, exp } = decodeJwt<{ nbf?: number }>(response.accessToken)
      expect([iat, nbf].map(Number)).toEqual([now, now])
      expect(Number(exp)).toBe(now + PLAN.lifetimeSeconds)
    },
  )

  it('clients F8: a strict verifier takes one of financial-cents at once', async () => {
    const { deps } = setUp(financialCents)
    const { response } = await issueTokens(PLAN, { ...deps, clock: systemClock })
    const jwks = createLocalJWKSet({ keys: [...(await deps.keys.publicKeys())] })
    const strict = { maxTokenAge: '1 minute', requiredClaims: ['nbf'] }
    expect(await jwtVerify(response.accessToken, jwks, strict)).toBeDefined()
  })

  it('RFC 8725 §3.2: is for one API only, where each has its own key', async () => {
    const { issue } = setUp(crmCom)
    for (const audience of [[], ['https://unknown.example'], [API, 'https://other.example/v1']]) {
      await expect(issue({ audience })).rejects.toMatchObject({ reason: 'resource_malformed' })
    }
  })
})

describe('the refresh token', () => {
  it.each([true, false])('remembers whether the app has proven itself: %j', async (proven) => {
    const { issue, now, deps } = setUp(standard)
    const { idleSeconds } = deps.tenant.policy.refreshToken
    const endsAtSeconds = now + 2 * idleSeconds
    const { response, tokens } = await issue({
      refresh: { kind: 'new', endsAtSeconds },
      clientAuthenticated: proven,
    })
    expect(tokens.refreshToken).toEqual({
      tenant: deps.tenant.name,
      hash: tokenKey(response.refreshToken ?? ''),
      grantId: GRANT.id,
      clientId: GRANT.clientId,
      issuedAtSeconds: now,
      expiresAtSeconds: now + idleSeconds,
      endsAtSeconds,
      rotatedAtSeconds: null,
      clientAuthenticated: proven,
    })
  })

  it('never outlives its chain', async () => {
    const { issue, now } = setUp(standard)
    const { tokens } = await issue({ refresh: { kind: 'new', endsAtSeconds: now + 5 } })
    expect(tokens.refreshToken?.expiresAtSeconds).toBe(now + 5)
  })

  it('has the form that its contract lays down', async () => {
    const { issue, now } = setUp(jsonApi)
    const { response } = await issue({ refresh: { kind: 'new', endsAtSeconds: now + 5 } })
    expect(response.refreshToken).toMatch(/^[0-9a-f]{64}$/)
  })

  it('goes out again, and is not stored again, when it is stable', async () => {
    const { response, tokens } = await setUp(standard).issue({
      refresh: { kind: 'same', token: 'the same' },
    })
    expect(response.refreshToken).toBe('the same')
    expect(tokens.refreshToken).toBeNull()
  })
})

describe('the ID token', () => {
  it('OIDC Core §3.1.3.3: comes with its nonce when the plan says so, and only for a user', async () => {
    const { issue } = setUp(standard)
    const { response } = await issue({ idToken: ID_TOKEN })
    expect(decodeJwt(response.idToken ?? '')).toMatchObject({
      sub: 'user-ada',
      aud: 'web-app',
      nonce: 'n-1',
    })
    expect((await issue()).response.idToken).toBeUndefined()
    const alone = await issue({ grant: { ...GRANT, userId: null }, idToken: ID_TOKEN })
    expect(alone.response.idToken).toBeUndefined()
  })

  const NAMES = { name: ADA.name, preferred_username: ADA.username, locale: 'de' }
  const EMAIL = { email: ADA.email, email_verified: true }
  it.each([
    [['openid'], true, {}],
    [['openid', 'profile'], true, NAMES],
    [['openid', 'email'], true, EMAIL],
    [['openid', 'profile', 'email'], true, { ...NAMES, ...EMAIL }],
    [['openid', 'profile', 'email'], false, {}],
  ])('clients G6: with %j, and the setting %j, it tells %j', async (scopes, profile, told) => {
    const { issue } = setUp(standard)
    const { response } = await issue({ scopes, idToken: { ...ID_TOKEN, profile } })
    const { iss, sub, aud, iat, exp, auth_time, nonce, at_hash, ...others } = decodeJwt(
      response.idToken ?? '',
    )
    expect(others).toEqual(told)
  })

  it('clients G2: is signed as the app has it, whatever signs the access token', async () => {
    const { issue } = setUp(standard)
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      const { response } = await issue({ idToken: { ...ID_TOKEN, algorithm } })
      expect(decodeProtectedHeader(response.idToken ?? '').alg).toBe(algorithm)
      expect(decodeProtectedHeader(response.accessToken).alg).toBe('ES256')
    }
  })

  const CONTRACTS = CONTRACT_NAMES.flatMap((name) => findContract(name) ?? [])
  it.each(CONTRACTS.filter(({ rules }) => !rules.openId))(
    'clients F1: there is none with $name, whatever a grant says',
    async (contract) => {
      const { response } = await setUp(contract).issue({ scopes: ['openid'], idToken: ID_TOKEN })
      expect(response.idToken).toBeUndefined()
    },
  )
})

it('RFC 8693 §2.2.1: says what was issued only where a token was exchanged', async () => {
  const { issue } = setUp(standard)
  expect((await issue()).response.issuedTokenType).toBeUndefined()
  const issuedTokenType = 'urn:ietf:params:oauth:token-type:access_token'
  expect((await issue({ issuedTokenType })).response).toMatchObject({ issuedTokenType })
})
