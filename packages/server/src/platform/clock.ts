// Time, so that tests can drive it.

export interface Clock {
  /** Whole seconds since 1970. */
  nowSeconds(): number
  /** The same moment, for what is written more finely. */
  nowMilliseconds(): number
}

/** For spans of time within this process: never set back, and nobody's date. */
export const monotonicClock: Pick<Clock, 'nowMilliseconds'> = {
  nowMilliseconds: () => performance.now(),
}

export const systemClock: Clock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  nowMilliseconds: () => Date.now(),
}
