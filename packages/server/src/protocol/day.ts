// Days in UTC, as people write them and as counts are kept by them.

/** `2026-11-21`, UTC. */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

/** @returns the moment at which the day begins; undefined for what is no such day */
export function parseDay(text: string): number | undefined {
  const seconds = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) / 1000 : Number.NaN
  // Some readers take the 30th of February for the 2nd of March.
  return Number.isFinite(seconds) && dayOf(seconds) === text ? seconds : undefined
}
