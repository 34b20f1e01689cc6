import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  auditTrail,
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
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
