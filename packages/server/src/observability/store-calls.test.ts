import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { StoreUnavailableError } from '../store/port.ts'
import { createMetricRegistry } from './metric-registry.ts'
import { createStoreCallMetrics } from './store-calls.ts'

const SLOW_MS = 20

describe('calls to the database', () => {
  function watch() {
    const metrics = createMetricRegistry()
    const lines: { fields: object; message: string }[] = []
    const note = (fields: object, message: string) => void lines.push({ fields, message })
    const log = { info: note, warn: note, error: note }
    const observer = createStoreCallMetrics(metrics, { slowCallMilliseconds: SLOW_MS, log })
    return { observer, lines, text: () => metrics.registry.metrics() }
  }

  it('are counted as slow and logged by the name of their method, without what they were given', async () => {
    const { observer, lines, text } = watch()
    const slow = async () => {
      await pause(SLOW_MS + 5)
      return 'a secret'
    }
    expect(await observer.around('findCode', slow)).toBe('a secret')
    expect(lines).toEqual([
      {
        fields: { call: 'findCode', ms: expect.any(Number) },
        message: 'slow call to the database',
      },
    ])
    expect(await text()).toContain('ostiary_store_slow_calls_total{call="findCode"} 1')
  })

  it('are counted as failed when the database is at fault, and fail as they did', async () => {
    const { observer, text } = watch()
    const away = new StoreUnavailableError('away')
    await expect(observer.around('findCode', () => Promise.reject(away))).rejects.toBe(away)
    const bug = new Error('a bug')
    await expect(observer.around('findGrant', () => Promise.reject(bug))).rejects.toBe(bug)
    const failures = (await text()).match(/^ostiary_store_failures_total\{.*$/gm)
    expect(failures).toEqual(['ostiary_store_failures_total{call="findCode"} 1'])
  })
})
