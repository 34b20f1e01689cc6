// The house rules, enforced. Each one is also shown a sample that breaks it: a rule that cannot fail is no rule.

import { describe, expect, test } from 'vitest'
import { circlesOfTable, IMPORT_RULES } from './tidy/import-rules.ts'
import { NAME_RULES } from './tidy/name-rules.ts'
import { PURITY_RULES } from './tidy/purity-rules.ts'
import { parseRepo, readRepo } from './tidy/repo.ts'
import { format } from './tidy/rule.ts'
import { SAMPLES } from './tidy/samples.ts'
import { SIZE_RULES } from './tidy/size-rules.ts'
import { TEXT_RULES } from './tidy/text-rules.ts'

const RULES = [...IMPORT_RULES, ...NAME_RULES, ...SIZE_RULES, ...PURITY_RULES, ...TEXT_RULES]

describe('the repository', () => {
  const repo = readRepo()

  test('has files for the rules to look at', () => {
    expect(repo.code.length).toBeGreaterThan(50)
    expect(repo.prose.length).toBeGreaterThan(5)
    expect(repo.entries).toContain('packages/server/bin/ostiary.js')
  })

  test.each(RULES)('$says', (rule) => {
    const findings = rule.find(repo).map((finding) => format(rule, finding))
    if (findings.length > 0) expect.fail(`${findings.length} found\n\n${findings.join('\n')}\n`)
  })

  test('the import table itself leads in no circle', () => {
    expect(circlesOfTable()).toEqual([])
  })
})

describe('the rules', () => {
  test('have samples each, and no sample is left without a rule', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(RULES.map(({ id }) => id).sort())
  })

  for (const rule of RULES) {
    const { breaks = [], keeps = [] } = SAMPLES[rule.id] ?? {}

    test.each(breaks)(`${rule.id} finds what breaks it: %j`, (sample) => {
      expect(rule.find(parseRepo(sample))).not.toEqual([])
    })

    test.each(keeps)(`${rule.id} lets pass what keeps it: %j`, (sample) => {
      expect(rule.find(parseRepo(sample))).toEqual([])
    })
  }
})
