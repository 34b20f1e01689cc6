import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { TENANT } from '../../test/support/world.ts'
import { dayOf } from '../protocol/day.ts'
import { asClientId } from '../protocol/ids.ts'
import { createClient } from './clients.ts'
import { listVersionUsage } from './version-uses.ts'

const DAY = 86_400

let context: TestContext
beforeEach(async () => {
  const base = await createTestContext()
  const versions = [
    { version: '1.7.0', state: 'current', deprecatedAt: '2020-01-01' },
    { version: '1.8.0', state: 'current' },
  ] as const
  context = { ...base, tenant: { ...base.tenant, apiVersions: { versions } } }
  for (const id of ['ledger', 'sync'])
    await createClient({ id, name: id, type: 'confidential' }, context)
})
afterEach(() => context.store.close())

const daysAgo = (days: number) => dayOf(context.clock.nowSeconds() - days * DAY)

function record(clientId: string, version: string, calls: Readonly<Record<string, number>>) {
  const uses = Object.entries(calls).map(([day, count]) => ({
    tenant: TENANT,
    clientId: asClientId(clientId),
    version,
    day,
    calls: count,
  }))
  return context.store.recordVersionUses({ uses, batch: null })
}

it('adds up the calls of each app and version, and says how the version stands today', async () => {
  await record('sync', '1.8.0', { [daysAgo(2)]: 5 })
  await record('sync', '1.7.0', { [daysAgo(0)]: 1, [daysAgo(1)]: 2 })
  await record('ledger', '1.6.0', { [daysAgo(1)]: 7 })
  expect(await Array.fromAsync(listVersionUsage({ days: 30 }, context))).toEqual([
    { clientId: 'ledger', version: '1.6.0', state: null, calls: 7, lastDay: daysAgo(1) },
    { clientId: 'sync', version: '1.7.0', state: 'deprecated', calls: 3, lastDay: daysAgo(0) },
    { clientId: 'sync', version: '1.8.0', state: 'current', calls: 5, lastDay: daysAgo(2) },
  ])
})

it('looks at one app, and at as many days as are asked for', async () => {
  await record('sync', '1.8.0', { [daysAgo(0)]: 1, [daysAgo(1)]: 10, [daysAgo(2)]: 100 })
  await record('ledger', '1.8.0', { [daysAgo(0)]: 1 })
  const calls = async (days: number) =>
    (await Array.fromAsync(listVersionUsage({ clientId: 'sync', days }, context))).map(
      (use) => use.calls,
    )
  expect(await calls(1)).toEqual([1])
  expect(await calls(2)).toEqual([11])
  expect(await calls(400)).toEqual([111])
})

it.each([
  [{ clientId: 'nobody', days: 30 }, /^client "nobody" does not exist/],
  [{ days: 0 }, /^days must be a whole number from 1 to 400/],
  [{ days: 1.5 }, /^days/],
  [{ days: 401 }, /^days/],
  [{ days: Number('many') }, /^days/],
])('refuses %j', async (query, problem) => {
  const problems = await problemsOf(Array.fromAsync(listVersionUsage(query, context)))
  expect(problems.map((each) => `${each.field} ${each.problem}`)).toEqual([
    expect.stringMatching(problem),
  ])
})
