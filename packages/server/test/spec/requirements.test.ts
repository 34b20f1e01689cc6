// Holds the list of requirements to its form, and the finder of tests to what it should find.

import { describe, expect, test } from 'vitest'
import { findMissing, findTestNames, formatMissing, SECTION } from './requirement-coverage.ts'
import { REQUIREMENTS } from './requirements.ts'
import { parseRepo } from './tidy/repo.ts'

describe('the list of requirements', () => {
  test.each(Object.entries(REQUIREMENTS))(
    '%s is one section with its requirements',
    (section, requirements) => {
      expect(section.match(SECTION)).toEqual([section])
      expect(requirements.length).toBeGreaterThan(0)
      expect(new Set(requirements).size).toBe(requirements.length)
    },
  )

  test('has a test for every requirement', () => {
    expect(findMissing(REQUIREMENTS, findTestNames()).map(formatMissing)).toEqual([])
  })
})

describe('the finder of tests', () => {
  const required = { 'RFC 6749 §6': ['first', 'second'] }

  function missing(code: string) {
    return findMissing(required, findTestNames(parseRepo({ 'a.test.ts': code }).code))
  }

  test('counts a test per requirement, however it is declared', () => {
    expect(missing("test('RFC 6749 §6: a', f); it.each([1])('B5, RFC 6749 §6: b', f)")).toEqual([])
    expect(missing('test(`RFC 6749 §6: a`, f); test("RFC 9700 §4.14, RFC 6749 §6: b", f)')).toEqual(
      [],
    )
  })

  test('counts the tests of a group whose name cites the section', () => {
    expect(missing("describe('RFC 6749 §6: g', () => { test('a', f); test('b', f) })")).toEqual([])
  })

  test('reports a section with fewer tests than requirements', () => {
    expect(missing("test('RFC 6749 §6: a', f)")).toEqual([
      { section: 'RFC 6749 §6', requirements: ['first', 'second'], tests: ['RFC 6749 §6: a'] },
    ])
  })

  test('does not count a journey, unless it is one in some places only', () => {
    const [a, b] = ["'RFC 6749 §6: a'", "'RFC 6749 §6: b'"]
    const counted = (code: string) => missing(code).length === 0
    expect(counted(`test(${a}, f); test(${b}, journeyIf(isLong), f)`)).toBe(true)
    expect(counted(`test(${a}, f); test(${b}, JOURNEY, f)`)).toBe(false)
    expect(counted(`test(${a}, f); test(${b}, { ...JOURNEY, timeout: 1 }, f)`)).toBe(false)
    expect(counted(`test(${a}, f); describe('g', JOURNEY, () => { test(${b}, f) })`)).toBe(false)
  })

  test('does not take another section, a mention later in the name, or a test after the group', () => {
    const tests = findTestNames(
      parseRepo({
        'a.test.ts': `
          describe('RFC 6749 §6: group', () => {})
          test('RFC 6749 §6.1: a', f)
          test('is refused: see RFC 6749 §6', f)
          test('after the group', f)`,
      }).code,
    )
    expect(tests.flatMap(({ sections }) => sections)).toEqual(['RFC 6749 §6.1'])
  })
})
