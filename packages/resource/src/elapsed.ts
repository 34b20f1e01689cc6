// How long ago something was, as the longer of what two clocks say. The wall clock may be set back, which would keep
// what is old fresh; the monotonic one stands still while the machine sleeps. Neither can make anything younger.

export interface Instant {
  readonly monotonicMilliseconds: number
  readonly wallMilliseconds: number
}

export const LONG_AGO: Instant = {
  monotonicMilliseconds: Number.NEGATIVE_INFINITY,
  wallMilliseconds: Number.NEGATIVE_INFINITY,
}

export function takeInstant(): Instant {
  return { monotonicMilliseconds: performance.now(), wallMilliseconds: Date.now() }
}

/** `now`: where several questions are asked at once, they share one look at the clocks. */
export function millisecondsSince(instant: Instant, now = takeInstant()): number {
  return Math.max(
    now.monotonicMilliseconds - instant.monotonicMilliseconds,
    now.wallMilliseconds - instant.wallMilliseconds,
  )
}
