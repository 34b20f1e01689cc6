// Options that say how long something lasts.

import { InvalidArgumentError } from 'commander'
import type { Clock } from '../platform/clock.ts'
import { parseDay } from '../protocol/day.ts'

const DAY = 86_400

export function parseDays(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number of days, for example 90')
}

export function inDays(days: number | undefined, clock: Clock): number | undefined {
  return days === undefined ? undefined : clock.nowSeconds() + days * DAY
}

/** @returns the moment at which the day begins, UTC */
export function parseUntil(text: string): number {
  const seconds = parseDay(text)
  if (seconds !== undefined) return seconds
  throw new InvalidArgumentError('give a day, for example 2027-06-30')
}
