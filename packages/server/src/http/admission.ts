// Admission control: so many requests are worked on at once, and none is begun while the process is too slow. What is
// turned away hears so at once, instead of waiting in a queue that only grows.

import type { Log } from '../protocol/message.ts'

export interface Admission {
  /** @returns whether the request may begin; then `leave` ends it */
  enter(): boolean
  leave(): void
  state(): AdmissionState
}

export interface AdmissionState {
  readonly inFlight: number
  /** Since the start, by cause. */
  readonly turnedAway: Readonly<Record<Cause, number>>
}

type Cause = 'in_flight' | 'event_loop'

export interface AdmissionLimits {
  readonly maxRequestsInFlight: number
  readonly maxEventLoopLagMilliseconds: number
}

export function createAdmission(
  { maxRequestsInFlight, maxEventLoopLagMilliseconds }: AdmissionLimits,
  { lagMilliseconds, log }: { readonly lagMilliseconds: () => number; readonly log: Log },
): Admission {
  const counts = { in_flight: 0, event_loop: 0 }
  let inFlight = 0

  function turnAway(cause: Cause): false {
    counts[cause] += 1
    const lagMs = Math.round(lagMilliseconds())
    log.warn({ cause, inFlight, lagMs, turnedAway: counts }, 'overloaded: requests are turned away')
    return false
  }

  return {
    enter() {
      if (inFlight >= maxRequestsInFlight) return turnAway('in_flight')
      if (lagMilliseconds() > maxEventLoopLagMilliseconds) return turnAway('event_loop')
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
    },
    state: () => ({ inFlight, turnedAway: counts }),
  }
}
