// Proves that what a newcomer installs asks for no newer Node than the README names: npm would warn of each package.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './tidy/repo.ts'

const README_MAJOR = 20

interface Installed {
  readonly engines?: { readonly node?: string }
}

const lock: { packages: Record<string, Installed> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
)

/** Of a range such as `^20.19.0 || >=22`: whether some version with that major is in it. */
function takes(range: string, major: number): boolean {
  return range.split('||').some((part) => {
    const [, operator = '', first = ''] = /^\s*([<>=^~v]*)\s*(\d+|\*)/.exec(part) ?? []
    if (first === '*') return true
    return operator.startsWith('>') ? Number(first) <= major : Number(first) === major
  })
}

describe('what is installed', () => {
  test(`takes Node ${README_MAJOR}, as the README says`, () => {
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`Node ${README_MAJOR} or newer`)
    const tooNew = Object.entries(lock.packages).flatMap(([path, { engines }]) =>
      engines?.node === undefined || takes(engines.node, README_MAJOR)
        ? []
        : [`${path} wants ${engines.node}: replace it, or pin a version that does not`],
    )
    expect(tooNew).toEqual([])
  })

  test.each([
    ['>=18', true],
    ['^18 || >=20.19.0', true],
    ['^20.19.0 || ^22.13.0 || >=24', true],
    ['*', true],
    ['>=22', false],
    ['^18 || >=22', false],
  ])('is held against the range %s', (range, expected) => {
    expect(takes(range, README_MAJOR)).toBe(expected)
  })
})
