// Days in UTC, as people write them and as counts are kept by them.

const SECONDS = 86_400

/** The one that was asked for last: requests ask for today. */
let last = { day: 0, text: '1970-01-01' }

/** `2026-11-21`, UTC. */
export function dayOf(seconds: number): string {
  const day = Math.floor(seconds / SECONDS)
  if (day !== last.day) {
    last = { day, text: new Date(day * SECONDS * 1000).toISOString().slice(0, 10) }
  }
  return last.text
}

/** @returns the moment at which the day begins; undefined for what is no such day */
export function parseDay(text: string): number | undefined {
  const seconds = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) / 1000 : Number.NaN
  // Some readers take the 30th of February for the 2nd of March.
  return Number.isFinite(seconds) && dayOf(seconds) === text ? seconds : undefined
}
