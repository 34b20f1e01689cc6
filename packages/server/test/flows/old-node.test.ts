// Proves that a Node that cannot run the sources is told so in words, and is not left with an error of syntax.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Script } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { OLDEST_NODE } from '../../src/cli/doctor/installation.ts'

const ENTRY = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))

/** The command as a Node that says it has this version starts it. */
async function runOn(version: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]
  return promisify(execFile)(process.execPath, [...args, ENTRY, '--version']).then(
    (output) => ({ code: 0, ...output }),
    (failure) => failure,
  )
}

describe('the command', () => {
  test.each(['8.17.0', '18.20.8', '20.20.2', `${OLDEST_NODE - 1}.9.0`])(
    'tells Node %s which one it needs',
    async (version) => {
      const { code, stdout, stderr } = await runOn(version)
      expect(stderr.split('\n')[0]).toBe(
        `error: Ostiary needs Node ${OLDEST_NODE} or later, and this is Node ${version}`,
      )
      expect(stderr).not.toContain('SyntaxError')
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    },
  )

  test.each([`${OLDEST_NODE}.0.0`, '26.10.0', '100.0.0'])('runs on Node %s', async (version) => {
    expect(await runOn(version)).toMatchObject({ code: 0, stderr: '' })
  })

  test('begins with a file that needs no module syntax, of which old Nodes know only a part', () => {
    const source = readFileSync(ENTRY, 'utf8').replace(/^#!.*/, '')
    expect(() => new Script(source)).not.toThrow()
    expect(source).not.toMatch(/\b(?:await|async)\b|\?\?|\?\./)
  })
})
