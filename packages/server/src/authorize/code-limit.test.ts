import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import type { Account } from '../identity/sessions.ts'
import { RedirectError } from '../protocol/errors.ts'
import { createCodeLimit } from './code-limit.ts'
import type { AuthorizationRequest } from './request.ts'

const PER_MINUTE = 60

function setUp(waitOf: () => Promise<number | undefined> = async () => undefined) {
  const policy = { ...MAIN_TENANT.policy, code: { lifetimeSeconds: 60, perMinute: PER_MINUTE } }
  const clock = createFakeClock()
  const limit = createCodeLimit({
    tenant: { ...MAIN_TENANT, policy },
    clock,
    guesses: { waitOf },
  })
  const ask = (user = 'ada', client = 'web') =>
    limit.allowanceFor(
      { client: { id: client } } as unknown as AuthorizationRequest,
      { user: { id: user } } as unknown as Account,
    )
  return { clock, ask }
}

describe('the limit of codes', () => {
  it('security H8: the first of a minute cost no write, and each after them is counted for all nodes', async () => {
    const { clock, ask } = setUp()
    const first = await Promise.all(Array.from({ length: PER_MINUTE / 6 }, () => ask()))
    expect(new Set(first)).toEqual(new Set([null]))
    expect(await ask()).toEqual({
      ...{ purpose: 'codes', slot: 'ada web', failures: PER_MINUTE },
      ...{ windowSeconds: 60, thenEverySeconds: 0 },
    })
    expect(await ask('bob')).toBeNull()
    expect(await ask('ada', 'other')).toBeNull()
    clock.advance(60)
    expect(await ask()).toBeNull()
  })

  it('security H8: once it is known to be used up, nothing more is written', async () => {
    const { ask } = setUp(async () => 10)
    for (let given = 0; given < PER_MINUTE / 6; given += 1) await ask()
    await expect(ask()).rejects.toThrow(RedirectError)
  })
})
