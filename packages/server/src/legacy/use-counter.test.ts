import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { asClientId } from '../protocol/ids.ts'
import { StoreUnavailableError } from '../store/port.ts'
import type { AllowanceUseRecord } from '../store/records.ts'
import { createUseCounter } from './use-counter.ts'

const USE = {
  tenant: 'main',
  clientId: asClientId('app'),
  allowance: 'password',
  day: '2026-11-21',
} as const

let stored: AllowanceUseRecord[] = []
let answer: () => Promise<void>

const warnings: string[] = []
const log = { info() {}, error() {}, warn: (_: object, message: string) => warnings.push(message) }
const store = {
  async addAllowanceUses(uses: readonly AllowanceUseRecord[]) {
    await answer()
    stored.push(...uses)
  },
}

beforeEach(() => {
  vi.useFakeTimers()
  stored = []
  warnings.length = 0
  answer = async () => undefined
})
afterEach(() => vi.useRealTimers())

it('stores once a second, uses of one app and day together', async () => {
  const counter = createUseCounter({ store, log })
  counter.add(USE)
  counter.add(USE)
  counter.add({ ...USE, day: '2026-11-22' })
  await vi.advanceTimersByTimeAsync(999)
  expect(stored).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(stored).toEqual([
    { ...USE, uses: 2 },
    { ...USE, day: '2026-11-22', uses: 1 },
  ])
})

it('counts per tenant, app, allowance and day', async () => {
  const counter = createUseCounter({ store, log })
  const others = [
    { tenant: 'other' },
    { clientId: asClientId('other-app') },
    { allowance: 'implicit' },
    { day: '2026-11-22' },
  ] as const
  for (const other of [{}, ...others, {}]) counter.add({ ...USE, ...other })
  await counter.close()
  expect(stored).toEqual([
    { ...USE, uses: 2 },
    ...others.map((other) => ({ ...USE, ...other, uses: 1 })),
  ])
})

it('has stored everything when it is closed, also what is on its way just then', async () => {
  const slow = Promise.withResolvers<void>()
  answer = () => slow.promise
  const counter = createUseCounter({ store, log })
  counter.add(USE)
  await vi.advanceTimersByTimeAsync(1000)
  counter.add(USE)
  const closed = counter.close()
  slow.resolve()
  await closed
  expect(stored.map(({ uses }) => uses)).toEqual([1, 1])
})

it('keeps the counts while the store is away', async () => {
  answer = () => Promise.reject(new StoreUnavailableError('away'))
  const counter = createUseCounter({ store, log })
  counter.add(USE)
  await vi.advanceTimersByTimeAsync(1000)
  expect(warnings).toHaveLength(1)
  answer = async () => undefined
  await vi.advanceTimersByTimeAsync(30_000)
  expect(stored).toEqual([{ ...USE, uses: 1 }])
})

it('gives up counts that the store refuses, and goes on counting', async () => {
  answer = () => Promise.reject(new Error('a bug'))
  const counter = createUseCounter({ store, log })
  counter.add(USE)
  await vi.advanceTimersByTimeAsync(1000)
  answer = async () => undefined
  counter.add(USE)
  await counter.close()
  expect(stored).toEqual([{ ...USE, uses: 1 }])
})
