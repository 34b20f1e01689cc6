import { createHmac } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  clientRecord,
  grantRecord,
  HOUR,
  NOW,
  refreshTokenRecord,
  userRecord,
} from '../../test/store/records.ts'
import { createTestContext, type TestContext } from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { API, OTHER_API } from '../../test/support/world.ts'
import type { Contract } from '../contracts/contract.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { standard } from '../contracts/standard.ts'
import { newId, newSecret } from '../platform/random.ts'
import { asGrantId, type GrantId } from '../protocol/ids.ts'
import type { GrantRecord } from '../store/records.ts'
import { signAccessToken } from './access-token.ts'
import { findToken, isLiveRefreshToken } from './find-token.ts'
import { issueTokens, type TokenPlan } from './issue.ts'
import { createKeyRing } from './keys.ts'

let context: TestContext
beforeAll(async () => {
  context = await createTestContext()
})
afterAll(() => context.store.close())

/** A tenant of its own with this contract, and tokens of it as a grant gives them. */
async function createWorld(contract: Contract) {
  const { store, clock } = context
  const tenant = { ...tenantOf(contract), name: newId() }
  const deps = { tenant, store, clock, keys: createKeyRing({ ...context, tenant }) }
  const user = userRecord({ tenant: tenant.name })
  await store.createUser(user, [])
  await store.createClient(clientRecord({ tenant: tenant.name }), null)

  async function give(fields: Partial<GrantRecord> = {}, plan: Partial<TokenPlan> = {}) {
    const createdAtSeconds = clock.nowSeconds()
    const times = { createdAtSeconds, authTimeSeconds: createdAtSeconds - 10 }
    const scopes = ['contacts:read', 'contacts:write']
    const coverage = { unitId: 'acme-north', scopes, audience: [API] }
    const grant = grantRecord({ tenant: tenant.name, ...coverage, ...times, ...fields })
    const endsAtSeconds = createdAtSeconds + 10 * HOUR
    const refresh = { kind: 'new', endsAtSeconds } as const
    const given = { idToken: undefined, lifetimeSeconds: HOUR, clientAuthenticated: true }
    const { response, tokens } = await issueTokens(
      { grant, scopes: grant.scopes, audience: grant.audience, refresh, ...given, ...plan },
      deps,
    )
    const { id: userId, passwordHash } = user
    const guard = { kind: 'password', userId, passwordHash } as const
    await store.openGrant({ grant, tokens, endsAtSeconds, guard })
    return { ...response, grant, refreshToken: response.refreshToken ?? '' }
  }
  return { tenant, deps, give, find: (text: string) => findToken(text, deps) }
}

/** What every access token of a grant stands for. */
function factsOf(grant: GrantRecord) {
  const { clientId, userId, organisationId, unitId, scopes, audience, authTimeSeconds } = grant
  const { id: grantId, createdAtSeconds: issuedAtSeconds } = grant
  const { clientTag, userTag } = grant
  const tags = { clientTag, userTag }
  const times = { issuedAtSeconds, expiresAtSeconds: issuedAtSeconds + HOUR, authTimeSeconds }
  return { ...tags, grantId, clientId, userId, organisationId, unitId, scopes, audience, ...times }
}

describe.each([standard, jsonApi, financialCents, crmCom])('with contract $name', (contract) => {
  it('tells an access token from a refresh token, and what either stands for', async () => {
    const { find, give } = await createWorld(contract)
    const { accessToken, refreshToken, grant } = await give()
    expect(await find(accessToken)).toMatchObject({ kind: 'access', facts: factsOf(grant) })
    expect(await find(refreshToken)).toMatchObject({
      kind: 'refresh',
      grant,
      token: { grantId: grant.id, clientAuthenticated: true },
    })
  })

  it('knows no access token that has expired', async () => {
    const { find, give } = await createWorld(contract)
    const { accessToken } = await give()
    expect(await context.clock.ahead(HOUR - 1, () => find(accessToken))).toBeDefined()
    expect(await context.clock.ahead(HOUR, () => find(accessToken))).toBeUndefined()
  })

  it('knows no access token that is revoked', async () => {
    const { find, give, tenant } = await createWorld(contract)
    const { accessToken, grant } = await give()
    const other = await give()
    expect(await find(accessToken)).toMatchObject({ facts: { grantId: grant.id } })
    const nowSeconds = context.clock.nowSeconds()
    await context.store.revokeGrant({
      tenant: tenant.name,
      grantId: grant.id,
      nowSeconds,
    })
    expect(await find(accessToken)).toBeUndefined()
    expect(await find(other.accessToken)).toBeDefined()
  })

  it('knows no token of another tenant', async () => {
    const [{ give }, { find }] = [await createWorld(contract), await createWorld(contract)]
    const { accessToken, refreshToken } = await give()
    expect(await find(accessToken)).toBeUndefined()
    expect(await find(refreshToken)).toBeUndefined()
  })

  it.each(['', 'x', '.', '..', 'a.b.c', '\u{1f511}', 'f'.repeat(64), 'x'.repeat(100_000)])(
    'takes other text (%#) for no token',
    async (text) => {
      expect(await (await createWorld(contract)).find(text)).toBeUndefined()
    },
  )
})

describe('an opaque token', () => {
  it('is not looked for when its prefix or its checksum is wrong', async () => {
    const { deps, find, give } = await createWorld(standard)
    const { refreshToken } = await give()
    let lookUps = 0
    const counted = {
      ...deps,
      store: {
        ...deps.store,
        findAccessToken: async () => {
          lookUps += 1
          return null
        },
        findRefreshToken: async () => {
          lookUps += 1
          return null
        },
      },
    }
    const mistyped = `${refreshToken.slice(0, -1)}${refreshToken.endsWith('A') ? 'B' : 'A'}`
    for (const text of [mistyped, newSecret('ost_ac'), 'ost_rt_x', 'ost_at_x']) {
      expect(await findToken(text, counted)).toBeUndefined()
    }
    expect(lookUps).toBe(0)
    expect(await find(refreshToken)).toBeDefined()
  })

  it('in hexadecimal may be either kind, and is found as the one that it is', async () => {
    const { find, give } = await createWorld(jsonApi)
    const { accessToken, refreshToken } = await give()
    for (const token of [accessToken, refreshToken]) expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect(await find(accessToken)).toMatchObject({ kind: 'access' })
    expect(await find(refreshToken)).toMatchObject({ kind: 'refresh' })
    expect(await find(accessToken.toUpperCase())).toBeUndefined()
  })
})

describe('what a JWT does not tell is known of its grant', () => {
  it('but it covers no more scopes than it names', async () => {
    const { find, give } = await createWorld(financialCents)
    const { accessToken, grant } = await give({}, { scopes: ['contacts:read'] })
    expect(await find(accessToken)).toMatchObject({
      facts: { ...factsOf(grant), scopes: ['contacts:read'] },
    })
  })

  it.each([financialCents, crmCom])('and without one it is none, with $name', async (contract) => {
    const { deps, find, give } = await createWorld(contract)
    const facts = factsOf((await give()).grant)
    const sign = (grantId: GrantId) =>
      signAccessToken({ facts: { ...facts, grantId }, consumer: undefined }, deps)
    expect(await find(await sign(facts.grantId))).toBeDefined()
    expect(await find(await sign(asGrantId(newId())))).toBeUndefined()
  })
})

describe('RFC 8725 §3.2: an API that knows its secret key', () => {
  /** A token as the API with this audience can make it, for a grant that it has heard of. */
  async function forge(
    { deps }: Awaited<ReturnType<typeof createWorld>>,
    audience: string,
    payload: string,
  ) {
    const [key] = await deps.keys.secretKeys(audience)
    const header = { alg: 'HS256', typ: 'JWT', kid: key?.kid }
    const encode = (text: string) => Buffer.from(text).toString('base64url')
    const input = `${encode(JSON.stringify(header))}.${encode(payload)}`
    const secret = Buffer.from(key?.k ?? '', 'base64url')
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }

  it('can make no token for another API', async () => {
    const world = await createWorld(crmCom)
    const mine = await world.give({ audience: [OTHER_API] })
    const theirs = await world.give({ audience: [API] })
    const forged = (token: string) => forge(world, OTHER_API, JSON.stringify(decodeJwt(token)))
    expect(await world.find(await forged(mine.accessToken))).toBeDefined()
    expect(await world.find(await forged(theirs.accessToken))).toBeUndefined()
  })

  it.each(['null', '[]', '"jti"', '42', '{', '', '{"jti":null}', '{"jti":{},"exp":"9e99"}'])(
    'gets nowhere with the claims %j',
    async (payload) => {
      const world = await createWorld(crmCom)
      expect(await world.find(await forge(world, API, payload))).toBeUndefined()
    },
  )
})

describe('isLiveRefreshToken', () => {
  const grant = grantRecord({ tenant: 'main' })
  const token = refreshTokenRecord({ tenant: 'main', grantId: grant.id })
  const { expiresAtSeconds } = token
  const found = { token, grant, grantIsLive: true }

  it('is true until it expires, idle or for good', () => {
    expect(isLiveRefreshToken(found, expiresAtSeconds - 1)).toBe(true)
    expect(isLiveRefreshToken(found, expiresAtSeconds)).toBe(false)
    const ended = { ...token, endsAtSeconds: expiresAtSeconds - 1 }
    expect(isLiveRefreshToken({ ...found, token: ended }, expiresAtSeconds - 1)).toBe(false)
  })

  it('is false once it was rotated, or its grant has ended', () => {
    const rotated = { ...token, rotatedAtSeconds: 0 }
    expect(isLiveRefreshToken({ ...found, token: rotated }, NOW)).toBe(false)
    expect(isLiveRefreshToken({ ...found, grantIsLive: false }, NOW)).toBe(false)
  })
})
