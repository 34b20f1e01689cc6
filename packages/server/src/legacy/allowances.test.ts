import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { latestEvents } from '../../test/support/latest-events.ts'
import { createTestContext, type TestContext } from '../../test/support/operation-context.ts'
import { tenantOf } from '../../test/support/tenant.ts'
import { clientRecord, WEB_APP } from '../../test/support/world.ts'
import type { Contract } from '../contracts/contract.ts'
import { financialCents } from '../contracts/financial-cents.ts'
import { jsonApi } from '../contracts/json-api.ts'
import { misterJames } from '../contracts/mister-james.ts'
import { standard } from '../contracts/standard.ts'
import { ALLOWANCE_NAMES, type Allowance } from '../protocol/allowance.ts'
import { dayOf } from '../protocol/day.ts'
import { asClientId } from '../protocol/ids.ts'
import {
  accessTokenLifetime,
  checkAllowance,
  countUse,
  type LegacyDeps,
  type LegacyUse,
  spendAllowance,
} from './allowances.ts'
import { createUseCounter, type UseCounter } from './use-counter.ts'

const HOUR = 3600
const DAY = 86_400

let context: TestContext
let uses: UseCounter
let warnings: object[]
const log = {
  info: () => {},
  warn: (fields: object) => void warnings.push(fields),
  error: () => {},
}

beforeEach(async () => {
  warnings = []
  context = await createTestContext()
  uses = createUseCounter({ store: context.store, log })
})
afterEach(() => context.store.close())

const depsOf = (contract: Contract): LegacyDeps => ({
  ...{ store: context.store, clock: context.clock, uses },
  tenant: tenantOf(contract),
})

/** A request of an app that has these allowances for another hour. */
function useOf(...names: readonly Allowance[]): LegacyUse {
  const endsAtSeconds = context.clock.nowSeconds() + HOUR
  const allowances = names.map((name) => ({ name, owner: 'ops', reason: 'x', endsAtSeconds }))
  const client = clientRecord(WEB_APP, { allowances }, context.clock.nowSeconds())
  return { client, requestId: 'request-1', log }
}

/** The counts as they are stored, which they are at the latest when the server stops. */
async function countsIn({ tenant }: LegacyDeps) {
  await uses.close()
  const of = { tenant: tenant.name, clientId: asClientId(WEB_APP.id), fromDay: '2000-01-01' }
  const counts = await context.store.listAllowanceUses(of)
  return counts.map(({ allowance, lastDay, uses: count }) => [allowance, lastDay, count])
}

const auditsIn = async ({ tenant }: LegacyDeps) =>
  (await latestEvents(context.store, tenant.name, 10)).map(
    ({ action, actor, target, requestId }) => `${actor} ${action} ${target} ${requestId}`,
  )

describe('a legacy feature', () => {
  it('may be used until the second on which its allowance ends', async () => {
    const deps = depsOf(misterJames)
    const use = useOf('implicit')
    await checkAllowance('implicit', use, deps)
    await context.clock.ahead(HOUR - 1, () => checkAllowance('implicit', use, deps))
    const late = context.clock.ahead(HOUR, () => checkAllowance('implicit', use, deps))
    await expect(late).rejects.toMatchObject({
      ...{ reason: 'legacy_ended', code: 'unauthorized_client', parameter: 'implicit' },
      description: 'The permission of the client for this legacy feature has ended. (implicit)',
    })
  })

  it('may not be used without its allowance, and that is nothing to be told of', async () => {
    const deps = depsOf(financialCents)
    const use = useOf('query-parameters')
    await expect(checkAllowance('http-redirect-uri', use, deps)).rejects.toMatchObject({
      ...{ reason: 'legacy_not_allowed', code: 'unauthorized_client' },
      parameter: 'http-redirect-uri',
    })
    expect(await auditsIn(deps)).toEqual([])
    expect(warnings).toEqual([])
  })

  it('may not be used where the contract does not declare it, whatever the app has', async () => {
    const use = useOf(...ALLOWANCE_NAMES)
    for (const contract of [standard, misterJames]) {
      for (const name of ALLOWANCE_NAMES) {
        const outcome = await checkAllowance(name, use, depsOf(contract)).catch(
          ({ reason }) => reason,
        )
        const isDeclared = name in contract.rules.allowances
        expect([name, outcome]).toEqual([name, isDeclared ? undefined : 'legacy_not_allowed'])
      }
    }
  })
})

describe('its use', () => {
  it('is counted per app, allowance and day when it is spent', async () => {
    const deps = depsOf(financialCents)
    const use = useOf('query-parameters', 'http-redirect-uri')
    const today = dayOf(context.clock.nowSeconds())
    for (let count = 0; count < 3; count++) await spendAllowance('query-parameters', use, deps)
    countUse('http-redirect-uri', use.client, deps)
    expect(await countsIn(deps)).toEqual([
      ['http-redirect-uri', today, 1],
      ['query-parameters', today, 3],
    ])
    const tomorrow = dayOf(context.clock.nowSeconds() + DAY)
    await spendAllowance('query-parameters', use, deps)
    context.clock.advance(DAY)
    countUse('query-parameters', use.client, deps)
    expect(await countsIn(deps)).toEqual([
      ['http-redirect-uri', today, 1],
      ['query-parameters', tomorrow, 5],
    ])
  })

  it('is not counted when it is only checked, or refused', async () => {
    const deps = depsOf(financialCents)
    await checkAllowance('query-parameters', useOf('query-parameters'), deps)
    await expect(spendAllowance('query-parameters', useOf(), deps)).rejects.toThrow()
    expect(await countsIn(deps)).toEqual([])
  })
})

describe('what has ended', () => {
  it('is written to the audit trail and the log once a day, per app and allowance', async () => {
    const deps = depsOf(financialCents)
    const use = useOf('query-parameters', 'http-redirect-uri')
    const other = { ...useOf('query-parameters'), requestId: 'request-2' }
    context.clock.advance(HOUR)
    const refuse = (name: Allowance, by = use) =>
      expect(checkAllowance(name, by, deps)).rejects.toMatchObject({ reason: 'legacy_ended' })

    for (let count = 0; count < 3; count++) await refuse('query-parameters')
    await refuse('query-parameters', other)
    const first = 'client:web-app legacy_allowance.ended allowance:query-parameters request-1'
    expect(await auditsIn(deps)).toEqual([first])
    expect(warnings).toEqual([{ client: 'web-app', allowance: 'query-parameters' }])

    await refuse('http-redirect-uri')
    expect(await auditsIn(deps)).toHaveLength(2)
    context.clock.advance(DAY)
    await refuse('query-parameters')
    await refuse('query-parameters')
    expect(await auditsIn(deps)).toHaveLength(3)
    expect(warnings).toHaveLength(3)
  })

  it('is told once when many requests come at the same moment', async () => {
    const deps = depsOf(misterJames)
    const use = useOf('implicit')
    context.clock.advance(HOUR)
    const requests = Array.from({ length: 20 }, () => checkAllowance('implicit', use, deps))
    const settled = await Promise.allSettled(requests)
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true)
    expect(await auditsIn(deps)).toHaveLength(1)
  })
})

describe('the lifetime of an access token', () => {
  it('is as long as the contract has it, for an app that may have it so', async () => {
    const deps = depsOf(jsonApi)
    expect(await accessTokenLifetime(useOf('long-access-token'), deps)).toBe(7200)
    const today = dayOf(context.clock.nowSeconds())
    expect(await countsIn(deps)).toEqual([['long-access-token', today, 1]])
  })

  it('falls to an hour without the allowance, and nothing is refused', async () => {
    const deps = depsOf(jsonApi)
    expect(await accessTokenLifetime(useOf(), deps)).toBe(HOUR)
    expect(await countsIn(deps)).toEqual([])
    expect(await auditsIn(deps)).toEqual([])
  })

  it('falls to an hour when the allowance ends, which is written down', async () => {
    const deps = depsOf(jsonApi)
    const use = useOf('long-access-token')
    context.clock.advance(HOUR)
    expect(await accessTokenLifetime(use, deps)).toBe(HOUR)
    expect(await accessTokenLifetime(use, deps)).toBe(HOUR)
    expect(await auditsIn(deps)).toHaveLength(1)
    expect(await countsIn(deps)).toEqual([])
  })

  it('needs no allowance up to an hour', async () => {
    for (const contract of [standard, misterJames, financialCents]) {
      const deps = depsOf(contract)
      const { lifetimeSeconds } = deps.tenant.policy.accessToken
      expect(await accessTokenLifetime(useOf(), deps)).toBe(lifetimeSeconds)
      expect(lifetimeSeconds).toBeLessThanOrEqual(HOUR)
    }
    expect(await countsIn(depsOf(standard))).toEqual([])
  })

  it('is no longer than an hour where the contract knows nothing of it', async () => {
    const deps = depsOf(standard)
    const { policy } = deps.tenant
    const accessToken = { ...policy.accessToken, lifetimeSeconds: 7200 }
    const tenant = { ...deps.tenant, policy: { ...policy, accessToken } }
    expect(await accessTokenLifetime(useOf('long-access-token'), { ...deps, tenant })).toBe(HOUR)
  })
})
