import { createHmac, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { MAIN_TENANT, tenantOf } from '../../test/support/tenant.ts'
import { API, OTHER_API } from '../../test/support/world.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { MasterKeyError } from '../platform/master-key.ts'
import { Sealer } from '../platform/seal.ts'
import type { SigningAlgorithm } from '../protocol/policy.ts'
import { lastTokenEnd, MAX_ACCESS_TOKEN_SECONDS } from '../protocol/token-lifetime.ts'
import type { KeyRecord } from '../store/records.ts'
import { createKeyRing, JWKS_MAX_AGE_SECONDS, rotateKeys, rotateKeysWhenDue } from './keys.ts'
import { verifyJwt } from './verify-jwt.ts'

/** A ring looks again before this is over. */
const RELOAD_SECONDS = 1

const kidsOf = (keys: readonly { kid?: string }[]) => keys.map(({ kid }) => kid)

describe('a key ring', () => {
  it('makes a current and a next key on first use, and publishes both', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const published = await ring.publicKeys()
    expect(published).toHaveLength(2)
    expect((await ring.signer()).kid).toBe(published[0]?.kid)
    for (const jwk of published) {
      expect(jwk).toMatchObject({ use: 'sig', alg: 'ES256', kty: 'EC', crv: 'P-256' })
      expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk))
    }
  })

  it.each<[SigningAlgorithm, readonly string[]]>([
    ['ES256', ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
    ['EdDSA', ['alg', 'crv', 'kid', 'kty', 'use', 'x']],
    ['RS256', ['alg', 'e', 'kid', 'kty', 'n', 'use']],
  ])('R11: publishes no private part of an %s key', async (algorithm, members) => {
    const { policy } = MAIN_TENANT
    const signing = { ...policy.signing, algorithm }
    const deps = createKeyDeps({ ...MAIN_TENANT, policy: { ...policy, signing } })
    const [key] = await createKeyRing(deps).publicKeys()
    expect(Object.keys(key ?? {}).toSorted()).toEqual(members)
    // ASVS 11.2.3: RSA of 2048 bits would be too weak.
    if (key?.n) expect(Buffer.from(key.n, 'base64url')).toHaveLength(3072 / 8)
  })

  it('R11: keeps private keys sealed, each for its own place', async () => {
    const deps = createKeyDeps()
    await createKeyRing(deps).signer()
    const [current, next] = deps.store.records
    if (!current || !next) throw new Error('no keys were made')
    expect(JSON.stringify(deps.store.records)).not.toMatch(/"d\\?"/)

    deps.store.records = [{ ...current, sealedPrivateJwk: next.sealedPrivateJwk }, next]
    await expect(createKeyRing(deps).signer()).rejects.toThrow(current.kid)
    deps.store.records = [{ ...current, tenant: 'other' }]
    const other = { ...deps, tenant: { ...deps.tenant, name: 'other' } }
    await expect(createKeyRing(other).signer()).rejects.toThrow(current.kid)
  })

  it('operating 2: seals nothing under a key that does not open what is there', async () => {
    const deps = createKeyDeps(tenantOf(crmCom))
    const { resourceServers } = deps.tenant
    const one = {
      ...deps,
      tenant: { ...deps.tenant, resourceServers: resourceServers.slice(0, 1) },
    }
    await createKeyRing(one).publicKeys()
    const before = deps.store.records
    const stranger = createKeyRing({ ...deps, sealer: new Sealer(randomBytes(32)) })
    await expect(stranger.publicKeys()).rejects.toThrow('does not open')
    await expect(stranger.check()).rejects.toThrow(MasterKeyError)
    expect(deps.store.records).toEqual(before)
  })

  it('operating 2: looks at the keys without making any', async () => {
    const deps = createKeyDeps()
    await createKeyRing(deps).check()
    expect(deps.store.records).toEqual([])
  })

  it('says what to do when the master key is another one', async () => {
    const deps = createKeyDeps()
    const { kid } = await createKeyRing(deps).signer()
    const stranger = createKeyRing({ ...deps, sealer: new Sealer(randomBytes(32)) })
    await expect(stranger.signer()).rejects.toThrow(
      `the master key does not open signing key ${kid} of tenant main: start with the master key it was sealed under`,
    )
  })

  it('shares the keys of a process that started at the same moment', async () => {
    const deps = createKeyDeps()
    const rings = [createKeyRing(deps), createKeyRing(deps), createKeyRing(deps)]
    const signers = await Promise.all(rings.map((ring) => ring.signer()))
    expect(new Set(kidsOf(signers)).size).toBe(1)
    expect(deps.store.records).toHaveLength(2)
  })

  it('R10: follows a rotation by another process within a second', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const before = await ring.signer()
    await rotateKeys(deps, { force: true })
    expect((await ring.signer()).kid).toBe(before.kid)
    deps.clock.advance(RELOAD_SECONDS)
    expect((await ring.signer()).kid).not.toBe(before.kid)
  })

  it('R10: forgets a key that another process has removed', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const { kid } = await ring.signer()
    await rotateKeys(deps, { force: true })
    deps.store.records = deps.store.records.filter((key) => key.kid !== kid)
    deps.clock.advance(RELOAD_SECONDS)
    expect(await ring.findVerificationKey(kid)).toBeUndefined()
    expect(kidsOf(await ring.publicKeys())).not.toContain(kid)
  })

  it('follows at once when it is told to', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const before = await ring.signer()
    await rotateKeys(deps, { force: true })
    ring.reload()
    expect((await ring.signer()).kid).not.toBe(before.kid)
  })

  it('R9: is not stuck with old keys when the clock jumps back', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const before = await ring.signer()
    await rotateKeys(deps, { force: true })
    deps.clock.advance(-3600)
    expect((await ring.signer()).kid).not.toBe(before.kid)
  })

  it('R7: signs with the keys it has while the store is away, every time', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    const { kid } = await ring.signer()
    deps.store.isAway = true
    for (let round = 0; round < 3; round++) {
      deps.clock.advance(RELOAD_SECONDS)
      const signers = await Promise.all([ring.signer(), ring.signer()])
      expect(kidsOf(signers)).toEqual([kid, kid])
    }
    deps.store.isAway = false
    await rotateKeys(deps, { force: true })
    deps.clock.advance(RELOAD_SECONDS)
    expect((await ring.signer()).kid).not.toBe(kid)
  })

  it('R7: fails while the store is away from the start, and recovers with it', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    deps.store.isAway = true
    await expect(ring.signer()).rejects.toThrow('away')
    await expect(ring.publicKeys()).rejects.toThrow('away')
    deps.store.isAway = false
    expect(await ring.publicKeys()).toHaveLength(2)
  })
})

describe('clients G2: keys of ID tokens', () => {
  const stateOf = ({ state, algorithm }: KeyRecord) => `${state} ${algorithm}`

  it('are made when the first app needs them, and cost nobody else anything', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    await ring.signer()
    await ring.idTokenSigner('ES256')
    expect(deps.store.records.map(stateOf)).toEqual(['current ES256', 'next ES256'])
    const signer = await ring.idTokenSigner('RS256')
    expect(signer.algorithm).toBe('RS256')
    expect((await ring.signer()).algorithm).toBe('ES256')
    const published = await ring.publicKeys()
    expect(published.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES256', 'RS256', 'RS256'])
    expect(kidsOf(published)).toContain(signer.kid)
  })

  it('are those of access tokens where the algorithm is the same', async () => {
    const ring = createKeyRing(createKeyDeps())
    expect((await ring.idTokenSigner('ES256')).kid).toBe((await ring.signer()).kid)
  })

  it('are the same for all who need them at the same moment, on every node', async () => {
    const deps = createKeyDeps()
    const rings = [createKeyRing(deps), createKeyRing(deps)]
    const signers = await Promise.all(
      [...rings, ...rings].map((ring) => ring.idTokenSigner('EdDSA')),
    )
    expect(new Set(kidsOf(signers)).size).toBe(1)
    const made = deps.store.records.filter(({ algorithm }) => algorithm === 'EdDSA')
    expect(made.map(({ state }) => state)).toEqual(['current', 'next'])
  })

  it('operating 2: none is sealed under a key that does not open the others', async () => {
    const deps = createKeyDeps()
    await createKeyRing(deps).signer()
    const stranger = createKeyRing({ ...deps, sealer: new Sealer(randomBytes(32)) })
    await expect(stranger.idTokenSigner('EdDSA')).rejects.toThrow(MasterKeyError)
    expect(deps.store.records).toHaveLength(2)
  })

  it('R10: rotate when they are due, each in its own algorithm', async () => {
    const deps = createKeyDeps()
    const ring = createKeyRing(deps)
    await ring.signer()
    deps.clock.advance(JWKS_MAX_AGE_SECONDS)
    const before = await ring.idTokenSigner('EdDSA')
    deps.clock.advance(deps.tenant.policy.signing.rotateEverySeconds - JWKS_MAX_AGE_SECONDS)
    expect(await rotateKeysWhenDue(deps)).toHaveLength(1)
    ring.reload()
    expect((await ring.idTokenSigner('EdDSA')).kid).toBe(before.kid)
    deps.clock.advance(JWKS_MAX_AGE_SECONDS)
    expect(await rotateKeysWhenDue(deps)).toHaveLength(1)
    ring.reload()
    const after = await ring.idTokenSigner('EdDSA')
    expect(after.kid).not.toBe(before.kid)
    expect(after.algorithm).toBe('EdDSA')
    expect(kidsOf(await ring.publicKeys())).toContain(before.kid)
    expect(
      ring
        .currentKeyAges()
        .map(({ algorithm }) => algorithm)
        .sort(),
    ).toEqual(['ES256', 'EdDSA'])
  })

  it('half a set, of a tenant that was changing its algorithm, is completed', async () => {
    const deps = createKeyDeps()
    const { kid } = await createKeyRing(deps).signer()
    deps.store.records = deps.store.records.filter(({ state }) => state === 'current')
    expect((await createKeyRing(deps).signer()).kid).toBe(kid)
    expect(deps.store.records.map(stateOf)).toEqual(['current ES256', 'next ES256'])
  })
})

describe('R10: rotation', () => {
  it('lets no key sign before every API can have seen it', async () => {
    const deps = createKeyDeps()
    const published = await createKeyRing(deps).publicKeys()
    expect(await rotateKeys(deps)).toEqual({
      outcome: 'too_young',
      waitSeconds: JWKS_MAX_AGE_SECONDS,
    })
    deps.clock.advance(JWKS_MAX_AGE_SECONDS - 1)
    expect(await rotateKeys(deps)).toEqual({ outcome: 'too_young', waitSeconds: 1 })
    deps.clock.advance(1)
    expect(await rotateKeys(deps)).toEqual({ outcome: 'rotated', currentKid: published[1]?.kid })
    expect((await createKeyRing(deps).signer()).kid).toBe(published[1]?.kid)
    expect(await rotateKeys(deps)).toMatchObject({ outcome: 'too_young' })
  })

  it('does not wait when it is forced, after a leak', async () => {
    const deps = createKeyDeps()
    const leaked = await createKeyRing(deps).signer()
    expect(await rotateKeys(deps, { force: true })).toMatchObject({ outcome: 'rotated' })
    expect((await createKeyRing(deps).signer()).kid).not.toBe(leaked.kid)
  })

  it('happens once when several processes try at the same moment', async () => {
    const deps = createKeyDeps()
    await createKeyRing(deps).signer()
    const rotations = Array.from({ length: 5 }, () => rotateKeys(deps, { force: true }))
    const outcomes = (await Promise.all(rotations)).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['lost', 'lost', 'lost', 'lost', 'rotated'])
    expect(deps.store.records.map(({ state }) => state)).toEqual(['previous', 'current', 'next'])
  })

  it('comes by itself when the key has signed for as long as it may', async () => {
    const deps = createKeyDeps()
    const { rotateEverySeconds } = deps.tenant.policy.signing
    await createKeyRing(deps).signer()
    for (let round = 0; round < 2; round++) {
      deps.clock.advance(rotateEverySeconds - 1)
      expect(await rotateKeysWhenDue(deps)).toEqual([])
      deps.clock.advance(1)
      expect(await rotateKeysWhenDue(deps)).toMatchObject([{ outcome: 'rotated' }])
    }
  })

  it('leaves no token unverifiable before it expires, and lets go of its key after that', async () => {
    const deps = createKeyDeps()
    const { issuer, policy } = deps.tenant
    const ring = createKeyRing(deps)
    const signer = await ring.signer()
    await rotateKeys(deps, { force: true })
    // Another process may sign with the old key until it notices.
    deps.clock.advance(RELOAD_SECONDS)
    const exp = deps.clock.nowSeconds() + policy.accessToken.lifetimeSeconds
    const token = await signer.sign('JWT', { iss: issuer, exp })
    const verify = () => verifyJwt(token, { issuer, keys: ring, type: 'JWT' })

    deps.clock.advance(policy.accessToken.lifetimeSeconds - 1)
    expect(await verify()).toMatchObject({ claims: { exp } })
    deps.clock.advance(lastTokenEnd(0))
    expect(kidsOf(await ring.publicKeys())).not.toContain(signer.kid)
    expect(await verify()).toBeUndefined()
  })
})

describe('RFC 8725 §3.2: where each API has a secret key of its own', () => {
  const setUp = () => {
    const deps = createKeyDeps(tenantOf(crmCom))
    return { ...deps, ring: createKeyRing(deps) }
  }

  it('makes a current and a next one for each, and publishes none', async () => {
    const { ring, store } = setUp()
    for (const audience of [API, OTHER_API]) {
      const [current, next, ...others] = await ring.secretKeys(audience)
      expect(others).toEqual([])
      expect((await ring.signer([audience])).kid).toBe(current?.kid)
      for (const jwk of [current, next]) {
        expect(jwk).toMatchObject({ kty: 'oct', alg: 'HS256', use: 'sig' })
        // RFC 7518 §3.2: as long as the hash.
        expect(Buffer.from(jwk?.k ?? '', 'base64url')).toHaveLength(32)
      }
    }
    expect(await ring.publicKeys()).toEqual([])
    expect(store.records).toHaveLength(4)
  })

  it('tells each API its own alone, and nobody else any', async () => {
    const { ring, tenant } = setUp()
    const told = await Promise.all([API, OTHER_API].map((audience) => ring.secretKeys(audience)))
    const secrets = told.flat().map(({ k }) => k)
    expect(new Set(secrets).size).toBe(4)
    for (const stranger of ['', tenant.issuer, `${API}/`, API.toUpperCase(), 'constructor']) {
      expect(await ring.secretKeys(stranger)).toEqual([])
    }
  })

  it('R11: keeps them sealed', async () => {
    const { ring, store } = setUp()
    const [key] = await ring.secretKeys(API)
    expect(key?.k).toBeDefined()
    const stored = JSON.stringify(store.records)
    expect(stored).not.toMatch(/"k\\?"/)
    expect(stored).not.toContain(key?.k)
  })

  it.each([[[]], [['https://unknown.example']], [[API, OTHER_API]], [['']]])(
    'signs nothing for %j, which is not one API',
    async (audience) => {
      await expect(setUp().ring.signer(audience)).rejects.toMatchObject({
        reason: 'resource_malformed',
      })
    },
  )

  it('a token of one does not verify as one of the other', async () => {
    const { ring } = setUp()
    const token = await (await ring.signer([API])).sign('JWT', { sub: 'ada' })
    const verified = await verifyJwt(token, { issuer: undefined, keys: ring, type: 'JWT' })
    expect(verified?.key.audience).toBe(API)

    const others = await ring.secretKeys(OTHER_API)
    const [header = '', payload = ''] = token.split('.')
    for (const { k = '' } of others) {
      const signature = createHmac('sha256', Buffer.from(k, 'base64url'))
        .update(`${header}.${payload}`)
        .digest('base64url')
      const forged = `${header}.${payload}.${signature}`
      expect(
        await verifyJwt(forged, { issuer: undefined, keys: ring, type: 'JWT' }),
      ).toBeUndefined()
    }
  })

  it('R10: rotates one and leaves the others, and tells two that are alive', async () => {
    const deps = setUp()
    const { ring } = deps
    const before = await ring.signer([API])
    const other = await ring.secretKeys(OTHER_API)
    const token = await before.sign('JWT', {})
    expect(await rotateKeys(deps, { audience: API })).toMatchObject({ outcome: 'too_young' })
    expect(await rotateKeys(deps, { audience: API, force: true })).toMatchObject({
      outcome: 'rotated',
    })
    ring.reload()
    const after = await ring.signer([API])
    expect(after.kid).not.toBe(before.kid)
    expect(kidsOf(await ring.secretKeys(API))).toEqual([
      after.kid,
      expect.not.stringContaining(before.kid),
      before.kid,
    ])
    expect(await ring.secretKeys(OTHER_API)).toEqual(other)
    expect(await verifyJwt(token, { issuer: undefined, keys: ring, type: 'JWT' })).toBeDefined()
  })

  it('R10: lets go of the previous one when the last of its tokens has expired', async () => {
    const deps = setUp()
    const { ring, clock } = deps
    const { kid } = await ring.signer([API])
    await rotateKeys(deps, { audience: API, force: true })
    clock.advance(MAX_ACCESS_TOKEN_SECONDS)
    expect(kidsOf(await ring.secretKeys(API))).toContain(kid)
    clock.advance(lastTokenEnd(0) - MAX_ACCESS_TOKEN_SECONDS)
    expect(kidsOf(await ring.secretKeys(API))).not.toContain(kid)
  })

  it('each rotates by itself when it has signed for as long as it may', async () => {
    const deps = setUp()
    const { ring, tenant, clock } = deps
    await ring.publicKeys()
    clock.advance(JWKS_MAX_AGE_SECONDS)
    await rotateKeys(deps, { audience: API })
    clock.advance(tenant.policy.signing.rotateEverySeconds - JWKS_MAX_AGE_SECONDS)
    const before = await ring.signer([API])
    const [, next] = await ring.secretKeys(OTHER_API)
    expect(await rotateKeysWhenDue(deps)).toEqual([{ outcome: 'rotated', currentKid: next?.kid }])
    ring.reload()
    expect((await ring.signer([API])).kid).toBe(before.kid)
    expect((await ring.signer([OTHER_API])).kid).toBe(next?.kid)
  })

  it('makes those of an API that was added later, and leaves the others', async () => {
    const deps = setUp()
    const [api] = deps.tenant.resourceServers
    const smaller = { ...deps, tenant: { ...deps.tenant, resourceServers: api ? [api] : [] } }
    const before = await createKeyRing(smaller).secretKeys(API)
    expect(deps.store.records).toHaveLength(2)
    expect(await deps.ring.secretKeys(OTHER_API)).toHaveLength(2)
    expect(await deps.ring.secretKeys(API)).toEqual(before)
  })

  it('shares them with a process that started at the same moment', async () => {
    const deps = setUp()
    const rings = [createKeyRing(deps), createKeyRing(deps), createKeyRing(deps)]
    const told = await Promise.all(rings.map((ring) => ring.secretKeys(API)))
    expect(told[1]).toEqual(told[0])
    expect(told[2]).toEqual(told[0])
    expect(deps.store.records).toHaveLength(4)
  })
})
