import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareVersions } from '../src/compare-versions.ts'

describe('the earlier version comes first', () => {
  test.each([
    [['1.7.0', '1.8.0', '1.10.0', '2.0.0', '10.0.0']],
    [['1', '1.0', '1.0.1', '1.1']],
    [['2.0.0-alpha', '2.0.0-beta', '2.0.0-beta.2', '2.0.0-beta.10', '2.0.0-rc1', '2.0.0']],
    [['2025-12-31', '2026-01-02', '2026-01-15', '2026-11-21']],
    [['v1', 'v2', 'v10']],
    [['99999999999999999998', '99999999999999999999', '100000000000000000000']],
  ])('%j', (inOrder) => {
    expect(inOrder.toReversed().toSorted(compareVersions)).toEqual(inOrder)
  })
})

describe('whatever the names', () => {
  const name = fc.stringMatching(/^[0-9A-Za-z.-]{1,32}$/)
  const similar = fc.stringMatching(/^[01]([.-][01a]{1,2}){0,3}$/)
  const names = fc.oneof(name, similar)

  test('two of them have one order, and only the same name is equal', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)))
        expect(compareVersions(a, b) === 0).toBe(a === b)
      }),
    )
  })

  test('three of them are never in a circle', () => {
    fc.assert(
      fc.property(names, names, names, (a, b, c) => {
        const [first, second, third] = [a, b, c].toSorted(compareVersions)
        expect(compareVersions(`${first}`, `${second}`)).toBeLessThanOrEqual(0)
        expect(compareVersions(`${second}`, `${third}`)).toBeLessThanOrEqual(0)
        expect(compareVersions(`${first}`, `${third}`)).toBeLessThanOrEqual(0)
      }),
    )
  })

  test('numbers decide by their value', () => {
    const part = fc.nat(200)
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (a, b) => {
        const difference = a.map((value, at) => value - (b[at] ?? 0)).find((each) => each !== 0)
        expect(Math.sign(compareVersions(a.join('.'), b.join('.')))).toBe(
          Math.sign(difference ?? 0),
        )
      }),
    )
  })
})
