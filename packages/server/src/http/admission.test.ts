import { describe, expect, it } from 'vitest'
import { createAdmission } from './admission.ts'

const LIMITS = { maxRequestsInFlight: 2, maxEventLoopLagMilliseconds: 100 }

describe('admission control', () => {
  function open() {
    const loop = { lag: 0 }
    const lines: object[] = []
    const note = (line: object) => void lines.push(line)
    const log = { info: note, warn: note, error: note }
    const admission = createAdmission(LIMITS, { lagMilliseconds: () => loop.lag, log })
    return { admission, loop, lines }
  }

  it('has room for so many, and for another one when one leaves', () => {
    const { admission } = open()
    expect([admission.enter(), admission.enter(), admission.enter()]).toEqual([true, true, false])
    admission.leave()
    expect([admission.enter(), admission.enter()]).toEqual([true, false])
    expect(admission.state()).toEqual({ inFlight: 2, turnedAway: { in_flight: 2, event_loop: 0 } })
  })

  it('begins nothing while the process is late with what it has', () => {
    const { admission, loop, lines } = open()
    loop.lag = 101
    expect(admission.enter()).toBe(false)
    loop.lag = 100
    expect(admission.enter()).toBe(true)
    expect(admission.state()).toEqual({ inFlight: 1, turnedAway: { in_flight: 0, event_loop: 1 } })
    expect(lines).toMatchObject([{ cause: 'event_loop', lagMs: 101 }])
  })
})
