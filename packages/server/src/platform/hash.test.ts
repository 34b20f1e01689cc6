import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf, equalInConstantTime, sha256, tokenKey } from './hash.ts'
import { newSecret } from './random.ts'

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

describe('tokenKey', () => {
  it.each(['ost_at', 'ost_rt', 'ost_ac'] as const)('%s: sorts like the time', async (prefix) => {
    const keys: string[] = []
    for (let round = 0; round < 5; round++) {
      keys.push(tokenKey(newSecret(prefix)))
      await delay(2)
    }
    expect(keys.toSorted()).toEqual(keys)
    for (const key of keys) expect(key).toMatch(/^[0-9a-z]{8}[\w-]{43}$/)
  })

  it('gives nothing of the random part away, and depends on every character', () => {
    const token = newSecret('ost_at')
    const key = tokenKey(token)
    for (let at = 0; at + 8 <= 43; at++) expect(key).not.toContain(token.slice(15 + at, 23 + at))
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'x' ? 'y' : 'x'
      expect(tokenKey(token.slice(0, at) + other + token.slice(at + 1))).not.toBe(key)
    }
  })

  it('is the hash alone for tokens in another form', () => {
    const others = ['', newSecret('ost_ss'), '0f'.repeat(32), `${newSecret('ost_at')}x`]
    // Made before tokens began with the time.
    others.push(`ost_rt_${'A'.repeat(43)}abcdef`)
    for (const token of others) expect(tokenKey(token)).toBe(sha256(token))
  })
})
