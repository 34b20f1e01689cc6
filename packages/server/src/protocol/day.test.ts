import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dayOf, parseDay } from './day.ts'

const DAY = 86_400

it('a day begins at midnight, UTC, and lasts until the next', () => {
  expect(dayOf(0)).toBe('1970-01-01')
  expect(dayOf(DAY - 1)).toBe('1970-01-01')
  expect(dayOf(DAY)).toBe('1970-01-02')
})

it('every day is read back as the moment at which it begins', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_900_000 }), (day) => {
      expect(parseDay(dayOf(day * DAY))).toBe(day * DAY)
    }),
  )
})

it.each([
  '',
  'tomorrow',
  '2027',
  '2027-6-3',
  '2027-02-30',
  '2027-02-29',
  '2027-13-01',
  '2027-00-10',
  '2027-06-31',
  '30.06.2027',
  '2027-06-30T00:00:00Z',
  ' 2027-06-30',
  '+002027-06-30',
  '２０２７-06-30',
])('takes %j for no day', (text) => {
  expect(parseDay(text)).toBeUndefined()
})

it('knows leap days', () => {
  expect(parseDay('2028-02-29')).toBe(Date.UTC(2028, 1, 29) / 1000)
})
