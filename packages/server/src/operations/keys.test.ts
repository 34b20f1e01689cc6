import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { API, OTHER_API } from '../../test/support/world.ts'
import { crmCom } from '../contracts/crm-com.ts'
import { Sealer } from '../platform/seal.ts'
import { createKeyRing } from '../tokens/keys.ts'
import { listSigningKeys, rotateSigningKeys } from './keys.ts'

let context: TestContext
beforeEach(async () => {
  context = await createTestContext()
  await createKeyRing(context).signer()
})
afterEach(() => context.store.close())

it('shows keys without anything private', async () => {
  const keys = await listSigningKeys(context)
  expect(keys.map(({ state }) => state)).toEqual(['current', 'next'])
  const names = [
    'kid',
    'resourceServer',
    'algorithm',
    'state',
    'createdAtSeconds',
    'activatedAtSeconds',
    'expiresAtSeconds',
  ]
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(names.sort())
})

it('rotates to the next key once APIs have had time to learn it', async () => {
  const [, next] = await listSigningKeys(context)
  context.clock.advance(3600)
  expect(await rotateSigningKeys({ force: false }, context)).toEqual({ currentKid: next?.kid })
  const states = (await listSigningKeys(context)).map(({ state }) => state)
  expect(states.sort()).toEqual(['current', 'next', 'previous'])
  expect(await auditTrail(context)).toEqual([`test signing_key.rotated key:${next?.kid}`])
})

it('refuses to rotate to a key that APIs may not know, unless forced', async () => {
  const before = await listSigningKeys(context)
  expect(await problemsOf(rotateSigningKeys({ force: false }, context))).toMatchObject([
    { field: 'key', problem: expect.stringContaining('wait, or force it') },
  ])
  expect(await listSigningKeys(context)).toEqual(before)
  expect(await auditTrail(context)).toEqual([])
  const [, next] = before
  expect(await rotateSigningKeys({ force: true }, context)).toEqual({ currentKid: next?.kid })
})

it('refuses to rotate the keys of an API that shares them with the others', async () => {
  expect(
    await problemsOf(rotateSigningKeys({ force: true, audience: API }, context)),
  ).toMatchObject([{ field: 'api', problem: expect.stringContaining('share their keys') }])
  expect(await auditTrail(context)).toEqual([])
})

describe('clients G2: where ID tokens have keys of their own', () => {
  const kidsOf = async (algorithm: string) =>
    (await listSigningKeys(context))
      .filter((key) => key.algorithm === algorithm)
      .map(({ kid, state }) => `${state} ${kid}`)

  it('rotates those of access tokens when none are named, and others by their algorithm', async () => {
    await createKeyRing(context).idTokenSigner('EdDSA')
    const [access, id] = [await kidsOf('ES256'), await kidsOf('EdDSA')]
    const first = await rotateSigningKeys({ force: true }, context)
    expect(access).toContain(`next ${first.currentKid}`)
    expect(await kidsOf('EdDSA')).toEqual(id)
    const second = await rotateSigningKeys({ force: true, algorithm: 'EdDSA' }, context)
    expect(id).toContain(`next ${second.currentKid}`)
  })

  it('refuses an algorithm that has none, and names those that have', async () => {
    const refused = problemsOf(rotateSigningKeys({ force: true, algorithm: 'EdDSA' }, context))
    expect(await refused).toMatchObject([
      { field: 'algorithm', problem: expect.stringContaining('ES256') },
    ])
  })

  it('operating 2: replaces all of them when the master key is lost', async () => {
    await createKeyRing(context).idTokenSigner('EdDSA')
    const masterKeyLost = { ...context, sealer: new Sealer(randomBytes(32)) }
    await rotateSigningKeys({ force: true, masterKeyLost: true }, masterKeyLost)
    const ring = createKeyRing(masterKeyLost)
    expect((await ring.signer()).algorithm).toBe('ES256')
    expect((await ring.idTokenSigner('EdDSA')).algorithm).toBe('EdDSA')
    expect(await kidsOf('EdDSA')).toHaveLength(4)
  })
})

describe('where each API has keys of its own', () => {
  let crm: TestContext
  beforeEach(async () => {
    crm = await createTestContext(tenantOf(crmCom))
    await createKeyRing(crm).publicKeys()
  })
  afterEach(() => crm.store.close())

  const kidsOf = async (audience: string) =>
    (await listSigningKeys(crm))
      .filter(({ resourceServer }) => resourceServer === audience)
      .map(({ kid, state }) => `${state} ${kid}`)

  it('shows whose each is, without the secrets', async () => {
    const keys = await listSigningKeys(crm)
    const secrets = await createKeyRing(crm).secretKeys(API)
    expect(keys.map(({ resourceServer, state }) => `${resourceServer} ${state}`).sort()).toEqual(
      [API, OTHER_API].flatMap((api) => [`${api} current`, `${api} next`]).sort(),
    )
    expect(secrets).toHaveLength(2)
    for (const { k } of secrets) expect(JSON.stringify(keys)).not.toContain(k)
  })

  it('rotates those of one API, and leaves the others', async () => {
    const [before, others] = [await kidsOf(API), await kidsOf(OTHER_API)]
    const { currentKid } = await rotateSigningKeys({ force: true, audience: API }, crm)
    expect(before).toContain(`next ${currentKid}`)
    expect(await kidsOf(API)).toContain(`current ${currentKid}`)
    expect(await kidsOf(OTHER_API)).toEqual(others)
    expect(await auditTrail(crm)).toEqual([`test signing_key.rotated key:${currentKid}`])
  })

  it.each([undefined, '', 'https://unknown.example', `${API}/`])(
    'refuses to rotate for %j, and names the APIs',
    async (audience) => {
      const refused = problemsOf(rotateSigningKeys({ force: true, audience }, crm))
      expect(await refused).toMatchObject([
        { field: 'api', problem: expect.stringContaining(`${API}, ${OTHER_API}`) },
      ])
      expect(await auditTrail(crm)).toEqual([])
    },
  )

  it('needs no name where there is one API only', async () => {
    const [api] = crm.tenant.resourceServers
    const single = { ...crm, tenant: { ...crm.tenant, resourceServers: api ? [api] : [] } }
    const { currentKid } = await rotateSigningKeys({ force: true }, single)
    expect(await kidsOf(API)).toContain(`current ${currentKid}`)
  })
})
