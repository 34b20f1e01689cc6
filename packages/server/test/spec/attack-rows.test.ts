// Holds the list of attacks to its tests: every row has its proof where the list says, and no test has a number that
// the list does not know.

import { describe, expect, test } from 'vitest'
import { CHECKS } from '../attacks/checks/index.ts'
import { PUBLISHED, ROWS } from '../attacks/rows.ts'
import { findTestNames } from './requirement-coverage.ts'
import { type CodeFile, parseRepo, readRepo } from './tidy/repo.ts'

const CHECK_FOLDER = '/test/attacks/checks/'

/** `B13, B17, RFC 8725 §3.9: takes no JWT …` -> `B13`, `B17`; a number later in the name does not count. */
const NUMBER = /\b(?:[A-E]\d{1,2}|CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b/g

function numbersOf(name: string): string[] {
  return name.split(' > ').flatMap((part) => {
    const [cited = '', ...rest] = part.split(': ')
    return rest.length === 0 ? [] : (cited.match(NUMBER) ?? [])
  })
}

/** Numbers of the tests of a file; the portable checks are data, of which the file has those that it names. */
function provenIn(file: CodeFile): Set<string> {
  const tests = findTestNames([file]).flatMap(({ name }) => numbersOf(name))
  const isCheck = file.path.includes(CHECK_FOLDER)
  const checks = isCheck ? CHECKS.map(({ row }) => row) : []
  return new Set([...tests, ...checks.filter((row) => file.text.includes(`'${row}'`))])
}

describe('the list of attacks', () => {
  const { code } = readRepo()
  const known = { ...ROWS, ...PUBLISHED }

  test.each(Object.entries(ROWS))('%s has its test: %j', (number, { proof }) => {
    const file = code.find(({ path }) => path === `packages/${proof}`)
    expect(file, proof).toBeDefined()
    expect(file && [...provenIn(file)]).toContain(number)
  })

  test.each(Object.entries(PUBLISHED))('%s is replayed, for %s', (number, row) => {
    expect(ROWS).toHaveProperty(row)
    expect(CHECKS.map((check) => check.row)).toContain(number)
  })

  test('knows every number that a test is named by', () => {
    const used = new Set(code.flatMap((file) => [...provenIn(file)]))
    expect([...used].filter((number) => !(number in known))).toEqual([])
    expect(CHECKS.filter(({ row }) => !(row in known))).toEqual([])
  })

  test('has no two portable checks of the same name', () => {
    const names = CHECKS.map(({ row, title }) => `${row}: ${title}`)
    expect(names).toEqual([...new Set(names)])
  })
})

describe('the finder of attacks', () => {
  const found = (text: string) => {
    const [file] = parseRepo({ 'a.test.ts': text }).code
    return file ? [...provenIn(file)] : []
  }

  test('finds a number at the start of a test or of its group, alone or among citations', () => {
    expect(found("test('A7: a', f)")).toEqual(['A7'])
    expect(found("it.each([1])('B13, B17, RFC 8725 §3.9: b', f)")).toEqual(['B13', 'B17'])
    expect(found("describe('C12: c', () => { test('d', f) })")).toEqual(['C12'])
    expect(found("test('CVE-2025-4144: e', f)")).toEqual(['CVE-2025-4144'])
  })

  test('does not take a number that is mentioned, or without a colon', () => {
    expect(found("test('is refused: see A7', f)")).toEqual([])
    expect(found("test('A7 is refused', f)")).toEqual([])
  })
})
