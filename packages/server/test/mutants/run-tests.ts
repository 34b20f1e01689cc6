// Runs some tests in a copy of the sources and says whether one of them failed.

import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestCommand } from './mutant.ts'

const VITEST = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
const WITHOUT_POSTGRES = '^(?!.*postgres)'
const TIMEOUT_MS = 180_000

export type TestOutcome =
  /** With the number of tests that ran. */
  | { readonly outcome: 'green'; readonly tests: number }
  /** With the name of the first test that failed. */
  | { readonly outcome: 'red'; readonly test: string }
  | { readonly outcome: 'timed out' }
  /** No test failed, and yet the run did: the sources could not be loaded, or nothing was there to run. */
  | { readonly outcome: 'broken'; readonly output: string }

export async function runTests(root: string, command: TestCommand): Promise<TestOutcome> {
  const report = join(root, 'report.json')
  await rm(report, { force: true })
  const { code, output } = await runVitest(root, [
    ...['run', ...command.files, '--root', root, '--project', command.project],
    ...['--testNamePattern', command.names ?? WITHOUT_POSTGRES, '--bail', '1'],
    ...['--reporter', 'json', '--outputFile', report],
  ])
  if (code === undefined) return { outcome: 'timed out' }
  const { tests, messages } = await readReport(report)
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed) return { outcome: 'red', test: failed.title }
  const passed = tests.filter(({ status }) => status === 'passed').length
  if (code === 0 && passed > 0) return { outcome: 'green', tests: passed }
  return { outcome: 'broken', output: [...messages, output].join('\n') }
}

/** @returns undefined as the code when it had to be ended */
function runVitest(
  root: string,
  args: readonly string[],
): Promise<{ code: number | undefined; output: string }> {
  return new Promise((resolve, reject) => {
    // In a group of its own, so that its workers end with it.
    const child = spawn(process.execPath, [VITEST, ...args], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    let output = ''
    const keep = (part: Buffer) => {
      output = (output + part).slice(-4000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    }, TIMEOUT_MS)
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code: timedOut ? undefined : (code ?? 1), output })
    })
  })
}

interface TestFileReport {
  /** Why the file could not be run. */
  readonly message: string
  readonly assertionResults: readonly { readonly title: string; readonly status: string }[]
}

async function readReport(path: string) {
  const text = await readFile(path, 'utf8').catch(() => '{"testResults":[]}')
  const { testResults }: { testResults: readonly TestFileReport[] } = JSON.parse(text)
  return {
    tests: testResults.flatMap(({ assertionResults }) => assertionResults),
    messages: testResults.map(({ message }) => message).filter(Boolean),
  }
}
