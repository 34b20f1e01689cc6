// Time, so that tests can drive it.

export interface Clock {
  /** Whole seconds since 1970. */
  nowSeconds(): number
}

export const systemClock: Clock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
}
