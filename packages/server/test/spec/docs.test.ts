// Proves that the documentation speaks of this repository: what it points at exists, what is generated is current.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CONTRACT_NAMES, findContract } from '../../src/contracts/index.ts'
import { ERROR_CODES, REASONS } from '../../src/protocol/reasons.ts'
import { SAMPLE_FACTS, SAMPLE_JWT_CONTEXT } from '../support/sample-facts.ts'
import { ERRORS_PAGE, formatErrorsPage } from './docs/errors-page.ts'
import { formatMetricsPage, METRICS_PAGE } from './docs/metrics-page.ts'
import { findBroken, type Page } from './docs/references.ts'
import { ROOT, readRepo } from './tidy/repo.ts'

const pages = readRepo().prose.filter(({ path }) => path.endsWith('.md'))
const world = {
  pages: new Map(pages.map(({ path, text }) => [path, text])),
  exists: (path: string) => existsSync(join(ROOT, path)),
  scripts: Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts),
}

describe('every page of the documentation', () => {
  test.each(pages)('$path points only at what exists', (page) => {
    expect(findBroken(page, world)).toEqual([])
  })

  test.each<[string, Page]>([
    ['a link to a missing file', { path: 'docs/a.md', text: '[b](missing.md)' }],
    ['a link to a missing heading', { path: 'docs/a.md', text: '# A\n[b](#b)' }],
    ['a path that is gone', { path: 'docs/a.md', text: 'see `packages/server/src/gone.ts`' }],
    ['a source file that is gone', { path: 'docs/a.md', text: 'see `grants/gone.ts`' }],
    ['a script that is gone', { path: 'docs/a.md', text: 'run `npm run gone`' }],
    ['a command that is gone', { path: 'docs/a.md', text: 'run `npx ostiary gone`' }],
    ['an option that is gone', { path: 'docs/a.md', text: 'run `npx ostiary start --gone`' }],
  ])('is reported for %s', (_, page) => {
    expect(findBroken(page, world)).toHaveLength(1)
  })

  test('may link to files, headings and other sites', () => {
    const text = '# A b!\n[1](../package.json) [2](#a-b) [3](https://example.com/x) `[4](no)`'
    const page = { path: 'docs/a.md', text }
    expect(
      findBroken(page, { ...world, exists: () => true, pages: new Map([[page.path, text]]) }),
    ).toEqual([])
  })
})

describe('the page of a contract', () => {
  const withJwts = CONTRACT_NAMES.map((name) => findContract(name)).filter(
    (contract) => contract?.policy.accessToken.format === 'jwt',
  )
  /** RFC 7519 §4.1, RFC 9068 §2.2 */
  const WELL_KNOWN = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope']

  test.each(withJwts)('$name tells of each claim of its access tokens', (contract) => {
    const page = readFileSync(join(ROOT, `docs/contracts/${contract?.name}.md`), 'utf8')
    const row = page.split('\n').find((line) => line.startsWith('| access token | JWT')) ?? ''
    const claims = contract?.rules.jwt.writeClaims(SAMPLE_FACTS, SAMPLE_JWT_CONTEXT) ?? {}
    const ours = Object.keys(claims).filter((claim) => !WELL_KNOWN.includes(claim))
    expect(ours.filter((claim) => !row.includes(`\`${claim}\``))).toEqual([])
  })
})

describe('the page of metrics', () => {
  test('is current: if not, run `npm run docs`', () => {
    expect(readFileSync(join(ROOT, METRICS_PAGE), 'utf8')).toBe(formatMetricsPage())
  })
})

describe('the page of errors', () => {
  test('is current: if not, run `npm run docs`', () => {
    expect(readFileSync(join(ROOT, ERRORS_PAGE), 'utf8')).toBe(formatErrorsPage())
  })

  test('has no code that nothing gives', () => {
    const given = new Set<string>(Object.values(REASONS).map(({ code }) => code))
    expect(Object.keys(ERROR_CODES).filter((code) => !given.has(code))).toEqual([])
  })
})
