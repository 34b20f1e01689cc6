// Time, so that tests can drive it.

export interface Clock {
  /** Whole seconds since 1970. */
  nowSeconds(): number
  /** The same moment, for what is written more finely. */
  nowMilliseconds(): number
}

export const systemClock: Clock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  nowMilliseconds: () => Date.now(),
}
