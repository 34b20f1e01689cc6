import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import { OAuthError } from './errors.ts'
import { formatForm, list, optional, type Params, parseForm, required } from './params.ts'

/** Any text that a parameter can hold. */
const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((value) => !value.includes('\0'))

/** A parameter name, written in one of the ways that all mean the same. */
const spellings = (name: string) =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((escaped) =>
      [...name]
        .map((letter, index) =>
          escaped[index] ? `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}` : letter,
        )
        .join(''),
    )

describe('parseForm', () => {
  it('reads back whatever formatForm writes', () => {
    const params = fc.dictionary(text, fc.tuple(text), { maxKeys: 100 })
    fc.assert(
      fc.property(params, (fields) => {
        const written: Params = new Map(Object.entries(fields))
        expect(parseForm(formatForm(written))).toEqual(written)
      }),
    )
  })

  it('reads names and values as browsers write them', () => {
    const params = parseForm('scope=a+b%20c&state=%C3%A9%2B&x=1=2')
    expect(optional(params, 'scope')).toBe('a b c')
    expect(optional(params, 'state')).toBe('é+')
    expect(optional(params, 'x')).toBe('1=2')
  })

  it.each(['', 'state', 'state=', '&state=&', 'other=1'])(
    'RFC 6749 §3.1: in %j the state is left out',
    (form) => {
      expect(optional(parseForm(form), 'state')).toBeUndefined()
      expect(() => required(parseForm(form), 'state')).toThrow('parameter_missing')
    },
  )

  it('E1, RFC 6749 §3.1: refuses a repeated parameter, however its name is written', () => {
    const pair = (name: string) =>
      fc.tuple(spellings(name), fc.constantFrom('', '=', '=a', '=b')).map((parts) => parts.join(''))
    const others = fc.array(fc.constantFrom('', 'b=1', 'resource=c'), { maxLength: 1 })
    fc.assert(
      fc.property(pair('client_id'), others, pair('client_id'), (first, between, second) => {
        const form = [first, ...between, second].join('&')
        expect(() => parseForm(form)).toThrow('parameter_repeated')
      }),
    )
  })

  it('E1: gives one value per name, or refuses, whatever it is given', () => {
    const piece = fc.constantFrom('a', 'b', 'resource', '=', '&', '%', '%61', '%00', '+', 'é', '[]')
    const anything = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(anything, (form) => {
        const params = parse(form)
        if (params instanceof OAuthError) {
          expect(params.code).toBe('invalid_request')
          return
        }
        for (const [name, values] of params) {
          if (name !== 'resource') expect(values).toHaveLength(1)
          expect(values).not.toContain('')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('E1, RFC 8707 §2: keeps every value of a resource, in order', () => {
    const params = parseForm('resource=a&x=1&resource=&resource=b&resource=a')
    expect(list(params, 'resource')).toEqual(['a', 'b', 'a'])
    expect(list(params, 'absent')).toEqual([])
  })

  it('lets a form name what may repeat in its place', () => {
    const repeatable = new Set(['scope'])
    expect(list(parseForm('scope=a&scope=b', repeatable), 'scope')).toEqual(['a', 'b'])
    expect(() => parseForm('resource=a&resource=b', repeatable)).toThrow('parameter_repeated')
  })

  it.each([
    'scope[]=a',
    'scope[0]=a',
    'scope[$gt]=a',
    'scope.a=1',
    'constructor=1',
    '__proto__[scope]=a',
    '__proto__.scope=a',
    'toString=1',
    'Scope=a',
  ])('E2: takes %j for no scope, and for no object', (form) => {
    const params = parseForm(form)
    expect(optional(params, 'scope')).toBeUndefined()
    expect([...params.keys()]).toEqual([form.slice(0, form.lastIndexOf('='))])
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('E2: knows no parameter that was not sent', () => {
    const names = Object.getOwnPropertyNames(Object.prototype)
    const params = parseForm('x=1')
    for (const name of names) expect(optional(params, name)).toBeUndefined()
  })

  it.each([
    ['a hundred parameters and one', fields(101)],
    ['a hundred empty ones before it', `${'&'.repeat(100)}a=1`],
    ['a repetition behind a hundred empty ones', `a=1${'&'.repeat(100)}a=2`],
  ])('E4: refuses %s', (_what, form) => {
    expect(() => parseForm(form)).toThrow('too_many_parameters')
  })

  it('E4: takes as much as it promises', () => {
    expect(parseForm(fields(100)).size).toBe(100)
    expect(optional(parseForm(`token=${'x'.repeat(16_384)}`), 'token')).toHaveLength(16_384)
  })

  it.each([
    ['a NUL', 'a=%00'],
    ['a bare NUL', 'a=\0'],
    ['a cut escape', 'a=%4'],
    ['no escape', 'a=%zz'],
    ['no UTF-8', 'a=%ff'],
    ['an overlong slash', 'a=%c0%af'],
    ['a surrogate in UTF-8', 'a=%ed%a0%80'],
    ['a lone surrogate', 'a=\ud800'],
    ['a NUL in the name', '%00=a'],
  ])('E13: refuses %s', (_what, form) => {
    expect(() => parseForm(form)).toThrow('encoding_invalid')
  })

  it('E5: is done with any long text at once', () => {
    const texts = longTexts('&', '=', '%', '+', '%61', 'a=&', '%c3', '&resource=a')
    expect(slowestMs(texts, (form) => parseForm(form))).toBeLessThan(LONG_ENOUGH_MS)
  })
})

function fields(count: number): string {
  return Array.from({ length: count }, (_, index) => `p${index}=1`).join('&')
}

function parse(form: string): Params | OAuthError {
  try {
    return parseForm(form)
  } catch (error) {
    if (error instanceof OAuthError) return error
    throw error
  }
}
