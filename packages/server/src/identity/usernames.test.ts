import fc from 'fast-check'
import { expect, it } from 'vitest'
import { normaliseUsername } from './usernames.ts'

it('security H1: what is longer than any name is not looked at', () => {
  const name = `Ada${'\u0315'.repeat(8000)}${'\u0300'.repeat(8000)}`
  expect(normaliseUsername(name)).toBe(name)
})

it('E13: leaves alone what it made, so that one name has one spelling', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const name = normaliseUsername(text)
      expect(normaliseUsername(name)).toBe(name)
      expect(normaliseUsername(text.normalize('NFD'))).toBe(name)
      expect(normaliseUsername(` ${text}\t`)).toBe(name)
    }),
    { numRuns: 500 },
  )
})

it.each([
  ['Ada', 'ada'],
  ['ADA@EXAMPLE.COM', 'ada@example.com'],
  ['Ａｄａ', 'ada'],
  ['Zoe\u0308', 'zoë'],
  ['ﬁona', 'fiona'],
  ['\u212Aim', 'kim'],
])('E13: takes %j for %j', (typed, name) => {
  expect(normaliseUsername(typed)).toBe(name)
})
