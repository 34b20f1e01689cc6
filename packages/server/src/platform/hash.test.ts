import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestOf, equalInConstantTime, sha256 } from './hash.ts'

const text = fc.string({ unit: 'binary', maxLength: 12 })

it('is SHA-256 in base64url', () => {
  expect(sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})

it('gives different fields different digests, however they are cut', () => {
  const fields = fc.array(fc.oneof(text, fc.constantFrom('', '1', ':', '1:', '0:')), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(fields, fields, (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b)
      expect(digestOf(...a) === digestOf(...b)).toBe(same)
    }),
    { numRuns: 2000 },
  )
  expect(digestOf('ab', 'c')).not.toBe(digestOf('a', 'bc'))
  expect(digestOf('a', '1:b')).not.toBe(digestOf('a1:1:b'))
})

it('C3: compares as === does', () => {
  const pair = fc.oneof(
    fc.tuple(text, text),
    text.map((same) => [same, same] as const),
  )
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(equalInConstantTime(a, b)).toBe(a === b)
    }),
  )
})
