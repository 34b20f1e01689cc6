import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLog, type LogSettings } from './log.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open(level: LogSettings['level'] = 'info') {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { log: createLog({ level, format: 'json', destination }), lines }
}

const lost = new Error('the connection was lost')
const IN_FULL = { message: lost.message, stack: expect.stringContaining('    at ') }

describe('chaos 5: a fault that every request meets', () => {
  it('is written once with its stack, and counted once in ten seconds, whoever met it', () => {
    const { log, lines } = open()
    for (let reqId = 0; reqId < 1000; reqId++) {
      log.child({ reqId }).error({ reason: 'store_unavailable', err: lost }, 'request failed')
    }
    expect(lines).toMatchObject([{ reqId: 0, err: IN_FULL }])
    vi.advanceTimersByTime(10_000)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toEqual({
      level: 'error',
      time: expect.any(String),
      reason: 'store_unavailable',
      repeated: 999,
      msg: 'request failed',
    })
  })

  it('goes on to be counted while it lasts, and is news again after it was over', () => {
    const { log, lines } = open()
    const fail = () => log.warn({ err: lost }, 'not ready')
    for (let second = 0; second < 30; second++) {
      fail()
      vi.advanceTimersByTime(1000)
    }
    expect(lines.map(({ repeated }) => repeated)).toEqual([undefined, 9, 10, 10])
    vi.advanceTimersByTime(20_000)
    fail()
    expect(lines.at(-1)).toMatchObject({ err: IN_FULL })
  })

  it('hides no other: another error, reason or app is a line of its own', () => {
    const { log, lines } = open()
    for (const err of [lost, new Error('the disk is full')]) log.error({ err }, 'request failed')
    for (const client of ['a', 'b']) log.warn({ client }, 'legacy allowance has ended')
    for (const ms of [600, 700]) log.warn({ call: 'findClient', ms }, 'slow call to the database')
    expect(lines).toHaveLength(5)
  })

  it('hides no line that is no fault, and none at all where somebody looks for one', () => {
    const { log, lines } = open('debug')
    for (let times = 0; times < 3; times++) log.info({ reason: 'code_unknown' }, 'request refused')
    for (let times = 0; times < 3; times++) log.error({ err: lost }, 'request failed')
    expect(lines.map(({ level }) => level)).toEqual([
      ...['info', 'info', 'info'],
      ...['error', 'debug', 'debug'],
    ])
  })

  it('fills no memory: what is new beyond the kinds that are remembered is written', () => {
    const { log, lines } = open()
    for (let app = 0; app < 1000; app++) log.warn({ client: String(app) }, 'has ended')
    expect(lines).toHaveLength(1000)
    log.warn({ client: '999' }, 'has ended')
    expect(lines).toHaveLength(1001)
    expect(vi.getTimerCount()).toBeLessThan(1000)
  })
})
