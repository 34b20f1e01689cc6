import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import { parseJson, readJsonParams } from './json.ts'
import { LONGEST_VALUE } from './lengths.ts'
import { MAX_PARAMETERS } from './params.ts'

/** Any text that a parameter can hold. */
const text = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((value) => value.isWellFormed() && !value.includes('\0'))

/** A JSON string of this text, each letter as itself or escaped, which all mean the same. */
const spellings = (value: string) =>
  fc
    .array(fc.constantFrom('plain', 'lower', 'upper'), {
      minLength: value.length,
      maxLength: value.length,
    })
    .map((ways) => `"${[...value].map((letter, index) => spell(letter, ways[index])).join('')}"`)

function spell(letter: string, way: string | undefined): string {
  const hex = letter.charCodeAt(0).toString(16).padStart(4, '0')
  if (way === 'plain') return letter
  return `\\u${way === 'upper' ? hex.toUpperCase() : hex}`
}

const refusalOf = (json: string) => {
  try {
    parseJson(json)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'something else'
  }
}

describe('parseJson', () => {
  it('RFC 8259 §2: reads back whatever JSON.stringify writes of an object of texts', () => {
    const object = fc.dictionary(text, text, { maxKeys: MAX_PARAMETERS })
    fc.assert(
      fc.property(object, fc.constantFrom(0, 2), (fields, indent) => {
        const read = parseJson(JSON.stringify(fields, null, indent))
        expect(Object.getPrototypeOf(read)).toBeNull()
        expect(Object.entries(Object(read))).toEqual(Object.entries(fields))
      }),
    )
  })

  it('RFC 8259 §2: reads every kind of value', () => {
    const json = '{"a":[1,-0.5e3,true,null,"x",[]],"b":{"c":{}}}'
    expect(JSON.stringify(parseJson(json))).toBe('{"a":[1,-500,true,null,"x",[]],"b":{"c":{}}}')
  })

  it('E1, RFC 8259 §4: refuses a member that is given twice, however its name is written', () => {
    const name = fc.constantFrom('client_id', 'a', 'a"b', '\\', '{', ':', ',', '__proto__')
    const pair = name.chain((each) => {
      const escapes = [...each].every((letter) => /\w/.test(letter))
      const spelling = escapes ? spellings(each) : fc.constant(JSON.stringify(each))
      return fc.tuple(spelling, spelling)
    })
    const values = fc.constantFrom('"x"', '1', 'null', '{}', '["client_id"]', '{"client_id":":"}')
    const space = fc.constantFrom('', ' ', '\n\t')
    fc.assert(
      fc.property(pair, values, values, space, ([one, other], first, second, gap) => {
        const member = (spelling: string, value: string) => `${gap}${spelling}${gap}:${gap}${value}`
        const between = `"other":${first}`
        const twice = `{${member(one, first)},${between},${member(other, second)}}`
        expect(refusalOf(twice)).toBe('parameter_repeated')
        // At any depth.
        expect(refusalOf(`{"x":[{"y":${twice}}]}`)).toBe('parameter_repeated')
        expect(refusalOf(`{${member(one, first)}}`)).toBeUndefined()
      }),
    )
  })

  it.each([
    '{"a":"1","\\u0061":"2"}',
    '{"\\u0061":"1","\\u0061":"2"}',
    '{"/":"1","\\/":"2"}',
    '{"__proto__":"1","__proto__":"2"}',
    '{"a":1,"b":{"a":1},"a":1}',
    '[{"a":1,"a":1}]',
    '{"":1,"":2}',
    '{"\\"":1,"\\u0022":2}',
  ])('RFC 8259 §4: sees that a member comes twice in %s', (json) => {
    expect(refusalOf(json)).toBe('parameter_repeated')
  })

  it.each([
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"a\\":","b":"}","c":"{\\"a\\""}',
    '{"a":["a","b","a"]}',
    '{"A":1,"a":1}',
    '{"e\\u0301":1,"\\u00e9":1}',
  ])('and that none does in %s', (json) => {
    expect(refusalOf(json)).toBeUndefined()
  })

  it('E3: gives no object a prototype, and reaches none', () => {
    const json = '{"__proto__":{"admin":"yes"},"constructor":"x","a":{"toString":"y"}}'
    const read = Object(parseJson(json))
    expect(Object.getPrototypeOf(read)).toBeNull()
    expect(Object.getPrototypeOf(read.a)).toBeNull()
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor', 'a'])
    expect(read.admin).toBeUndefined()
    expect(Reflect.get({}, 'admin')).toBeUndefined()
  })

  it.each([
    ['nothing', ''],
    ['spaces', '  '],
    ['no JSON', 'grant_type=password'],
    ['half of it', '{"a":"b"'],
    ['more after the end', '{"a":"b"}{}'],
    ['a comma too many', '{"a":"b",}'],
    ['single quotes', "{'a':'b'}"],
    ['names without quotes', '{a:"b"}'],
    ['comments', '{"a":"b"/**/}'],
    ['a leading zero', '{"a":01}'],
    ['no number', '{"a":NaN}'],
    ['infinity', '{"a":Infinity}'],
    ['hexadecimal', '{"a":0x1}'],
    ['a byte order mark', '\uFEFF{"a":"b"}'],
    ['a line break in a text', '{"a":"b\nc"}'],
    ['a NUL', '{"a":"b\0"}'],
    ['an escaped NUL', '{"a":"b\\u0000"}'],
    ['an escaped NUL in a name', '{"a\\u0000":"b"}'],
    ['half a character', '{"a":"\\ud83d"}'],
    ['the other half', '{"a":"\\udd11x"}'],
    ['half a character in a name', '{"\\ud83d":"a"}'],
    ['half a character in a list', '{"a":["\\ud83d"]}'],
  ])('RFC 8259 §2: refuses %s', (_what, json) => {
    expect(refusalOf(json)).toBe('json_invalid')
  })

  it('takes a whole character, written either way', () => {
    expect(parseJson('["\\ud83d\\udd11","\u{1f511}"]')).toEqual(['\u{1f511}', '\u{1f511}'])
  })

  it('takes what is nested eight deep, and no deeper', () => {
    const nested = (depth: number, open = '[', close = ']') =>
      open.repeat(depth) + close.repeat(depth)
    expect(refusalOf(nested(8))).toBeUndefined()
    expect(refusalOf(nested(9))).toBe('json_invalid')
    expect(refusalOf(`${'{"a":'.repeat(8)}1${'}'.repeat(8)}`)).toBeUndefined()
    expect(refusalOf(`${'{"a":'.repeat(9)}1${'}'.repeat(9)}`)).toBe('json_invalid')
    expect(refusalOf(nested(100_000))).toBe('json_invalid')
    // Depth counts what is open at once.
    expect(refusalOf(`[${Array(50).fill('[[]]').join()}]`)).toBeUndefined()
  })

  it('has limits on the number of members and the length of texts', () => {
    const members = (count: number) => Array.from({ length: count }, (_, index) => `"${index}":1`)
    expect(refusalOf(`{${members(MAX_PARAMETERS)}}`)).toBeUndefined()
    expect(refusalOf(`{${members(MAX_PARAMETERS + 1)}}`)).toBe('too_many_parameters')
    const long = (length: number) => 'x'.repeat(length)
    expect(refusalOf(`{"jwt":"${long(LONGEST_VALUE)}"}`)).toBeUndefined()
    expect(refusalOf(`{"jwt":"${long(LONGEST_VALUE + 1)}"}`)).toBe('parameter_too_long')
    expect(refusalOf(`{"a":{"unit":"${long(257)}"}}`)).toBe('parameter_too_long')
    expect(refusalOf(`{"${long(129)}":"a"}`)).toBe('parameter_too_long')
  })

  it('E5: takes time in proportion to the text, whatever the text is', () => {
    const broken = longTexts('"', '\\', '\\"', '{"a":', '[', '"a":"', '{}', ' ', '1,')
    const good = ['"\\\\"', '"a:"', '{}', '[]', '{"a":"{"}', ' 1', '""'].map(
      (value) => `[${Array(10_000).fill(value).join(',')}]`,
    )
    expect(good.map(refusalOf)).toEqual(good.map(() => undefined))
    expect(slowestMs([...broken, ...good], refusalOf)).toBeLessThan(LONG_ENOUGH_MS)
  })
})

describe('readJsonParams', () => {
  const read = (json: string) => readJsonParams(parseJson(json))

  it('takes the members of an object as parameters, one value each', () => {
    expect(read('{"grant_type":"password","scope":"a b"}')).toEqual(
      new Map([
        ['grant_type', ['password']],
        ['scope', ['a b']],
      ]),
    )
    expect(read('{}').size).toBe(0)
  })

  it('RFC 6749 §3.1: takes an empty text as left out', () => {
    expect(read('{"scope":"","state":"x"}')).toEqual(new Map([['state', ['x']]]))
  })

  it('takes __proto__ and constructor as names like any others', () => {
    const params = read('{"__proto__":"x","constructor":"y"}')
    expect([...params]).toEqual([
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ])
  })

  it.each(['null', 'true', '42', '"text"', '[]', '["a"]', '[{"a":"b"}]'])(
    'refuses %s, which is no object',
    (json) => {
      expect(() => read(json)).toThrow('json_invalid')
    },
  )

  it.each(['1.5', 'true', '9007199254740993', '[]', '["a"]', '{}', '1e999'])(
    'refuses a member whose value is %s, which is no text',
    (value) => {
      expect(() => read(`{"client_id":${value}}`)).toThrow('json_invalid')
    },
  )

  it('field report 7: reads numbers as they are written, and leaves out null and what nobody knows', () => {
    const params = read('{"client_id":12,"scope":null,"remember":true,"meta":{"a":1}}')
    expect([...params]).toEqual([['client_id', ['12']]])
  })

  it('gives back whatever texts were written', () => {
    const object = fc.dictionary(text, text.filter(Boolean), { maxKeys: MAX_PARAMETERS })
    fc.assert(
      fc.property(object, (fields) => {
        const expected = Object.entries(fields).map(([name, value]) => [name, [value]])
        expect([...read(JSON.stringify(fields))]).toEqual(expected)
      }),
    )
  })
})
