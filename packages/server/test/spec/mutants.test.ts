// Proves that the mutants still fit the sources: each changes one place, and leaves something that can be loaded.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { describe, expect, test } from 'vitest'
import { AREAS } from '../mutants/all-mutants.ts'
import { applyMutant } from '../mutants/mutant.ts'
import { ROOT } from './tidy/repo.ts'

const mutants = AREAS.flatMap(({ mutants }) => mutants)

describe('the mutants', () => {
  test('are many, and no two have one name', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(60)
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  })

  test.each(mutants)('fit the sources: $name', (mutant) => {
    const text = readFileSync(join(ROOT, 'packages', mutant.file), 'utf8')
    const mutation = applyMutant(text, mutant)
    if ('stale' in mutation) expect.fail(`change "find" in test/mutants: ${mutation.stale}`)
    expect(mutation.text).not.toBe(text)
    expect(parseSync(mutant.file, mutation.text).errors).toEqual([])
  })
})

describe('a mutant', () => {
  const change = { file: 'a.ts', find: 'x', replace: 'y' }

  test('that finds its place changes that place alone', () => {
    expect(applyMutant('const a = x\n', change)).toEqual({ text: 'const a = y\n' })
    const text = 'const a = x\n\nconst b =\n\n  x\n\nconst c = x\n'
    const changed = 'const a = x\n\nconst b =\n\n  y\n\nconst c = x\n'
    expect(applyMutant(text, { ...change, within: 'const b' })).toEqual({ text: changed })
  })

  test.each([
    ['nowhere', 'const a = z\n', change],
    ['in two places', 'const a = x + x\n', change],
    ['in another declaration', 'const a = x\n\nconst b = z\n', { ...change, within: 'const b' }],
    ['in a declaration that is gone', 'const a = x\n', { ...change, within: 'const b' }],
  ])('that finds its place %s is stale', (_, text, mutant) => {
    expect(applyMutant(text, mutant)).toHaveProperty('stale')
  })
})
