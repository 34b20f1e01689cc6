// `npm run journeys`: the tests that take longer than a commit has time for. `--only <part of the name>`, `--write`
// (docs/journeys.md).

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findTestNames } from '../spec/requirement-coverage.ts'
import { ROOT } from '../spec/tidy/repo.ts'
import { formatPage, JOURNEYS_PAGE, type Journey, summarise } from './report.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})
if (values.write && values.only !== '')
  throw new Error('--write needs all of them: leave out --only')

const startedAt = new Date()
const tests = findTestNames().filter(({ journey }) => journey !== 'never')
const journeys = await run([...new Set(tests.map(({ path }) => path))])
const seconds = (Date.now() - startedAt.getTime()) / 1000
console.log(`\n${summarise(journeys)} in ${Math.round(seconds)} seconds`)
if (values.write) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const facts = { day: startedAt.toISOString().slice(0, 10), commit: commit.trim(), seconds }
  await writeFile(join(ROOT, JOURNEYS_PAGE), formatPage(journeys, facts))
}
const isGood = journeys.length > 0 && journeys.every(({ result }) => result === 'passed')
process.exitCode = isGood ? 0 : 1

async function run(files: readonly string[]): Promise<readonly Journey[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-journeys-'))
  const report = join(folder, 'report.json')
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
  const child = spawn(
    process.execPath,
    [
      ...[
        vitest,
        'run',
        ...files,
        '--maxWorkers',
        '1',
        '--tags-filter',
        'journey',
        '--testNamePattern',
        values.only,
      ],
      ...['--reporter', 'verbose', '--reporter', 'json', '--outputFile', report],
    ],
    { cwd: ROOT, stdio: 'inherit' },
  )
  await once(child, 'exit')
  try {
    return readReport(await readFile(report, 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    /** Why the file could not be run. */
    readonly message: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly duration?: number
    }[]
  }[]
}

/** What vitest leaves out, it reports as skipped. */
function readReport(text: string): readonly Journey[] {
  const { testResults }: Report = JSON.parse(text)
  return testResults.flatMap(({ name: path, message, assertionResults }) => {
    const file = path.replace(/^.*\/test\/|\.test\.ts$/g, '')
    if (message !== '') return [{ file, name: message, result: 'failed', seconds: 0 }]
    return assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName: name, status: result, duration = 0 }) => ({
        ...{ file, name, result, seconds: duration / 1000 },
      }))
  })
}
