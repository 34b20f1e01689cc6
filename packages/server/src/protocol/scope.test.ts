import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import { covers, formatScope, isValidScopeName, parseScope } from './scope.ts'

const CHARACTERS = Array.from({ length: 0x5e }, (_, index) => String.fromCharCode(0x21 + index))
const ALLOWED = CHARACTERS.filter((character) => character !== '"' && character !== '\\')

const scope = fc.string({ unit: fc.constantFrom(...ALLOWED), minLength: 1, maxLength: 20 })

describe('parseScope', () => {
  it('RFC 6749 §3.3: gives each scope once, in the order of the request', () => {
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 50 }), (scopes) => {
        expect(parseScope(formatScope(scopes))).toEqual([...new Set(scopes)])
      }),
    )
  })

  it('RFC 6749 §3.3: takes no character that scopes do not have', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const words = text.split(' ').filter((word) => word !== '')
        const valid = words.every((word) => [...word].every((letter) => ALLOWED.includes(letter)))
        if (valid) expect(parseScope(text)).toEqual([...new Set(words)])
        else expect(() => parseScope(text)).toThrow('scope_malformed')
      }),
    )
  })

  it.each(['a\tb', 'a\nb', 'a\u00a0b', 'a"b', 'a\\b', 'é', '\0', 'a\r\nb: c', 'a'.repeat(129)])(
    'RFC 6749 §3.3: refuses %j',
    (text) => {
      expect(() => parseScope(text)).toThrow('scope_malformed')
      expect(isValidScopeName(text)).toBe(false)
    },
  )

  it('field report 39: reads as many scopes as there is room for', () => {
    const scopes = Array.from({ length: 1000 }, (_, index) => `s${index}`)
    expect(parseScope(formatScope(scopes))).toEqual(scopes)
  })

  it('E5: is done with any long text at once', () => {
    const texts = longTexts(' ', 'a', 'a ', 'a:b ', ' a', '"')
    const many = Array.from({ length: 20_000 }, (_, index) => index).join(' ')
    expect(slowestMs([...texts, many], parseScope)).toBeLessThan(LONG_ENOUGH_MS)
  })
})

describe('covers', () => {
  it('B5: says yes exactly when nothing is asked for that is not allowed', () => {
    const some = fc.subarray(['a', 'b', 'c', 'A', 'ab', 'a:b', ''])
    fc.assert(
      fc.property(some, some, (allowed, asked) => {
        const together = new Set([...allowed, ...asked])
        expect(covers(allowed, asked)).toBe(together.size === allowed.length)
      }),
    )
  })
})
