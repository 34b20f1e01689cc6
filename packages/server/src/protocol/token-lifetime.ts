// How long an access token can live at all. Whatever has to outlast the tokens that are about (a line of the feed, a key
// that verifies) goes by this alone: the policy of today says nothing about a token that was issued under another one.

/** No tenant may set more, and no app is given more. */
export const MAX_ACCESS_TOKEN_SECONDS = 86_400

/** Clocks of nodes and of APIs differ, and an API may accept a token for a minute after its end. */
const CLOCK_TOLERANCE_SECONDS = 300

/** When the last access token that was issued until now has expired, wherever it is looked at. */
export function lastTokenEnd(nowSeconds: number): number {
  return nowSeconds + MAX_ACCESS_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS
}

/** The same for one token that is known; never later than for one that is not. */
export function tokenEnd(expiresAtSeconds: number, nowSeconds: number): number {
  return Math.min(expiresAtSeconds + CLOCK_TOLERANCE_SECONDS, lastTokenEnd(nowSeconds))
}
