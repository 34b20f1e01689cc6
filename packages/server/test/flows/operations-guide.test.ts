// docs/guides/operations.md, followed: a master key that is lost, and what is good after it.

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createCliFolder } from '../support/cli.ts'
import { readSteps } from '../support/walkthrough/steps.ts'

const GUIDE = new URL('../../../../docs/guides/operations.md', import.meta.url)

it('a lost master key is replaced as the guide says', async () => {
  const [, section = ''] = readFileSync(GUIDE, 'utf8').split('## A lost master key')
  const commands = readSteps(section).flatMap(({ command }) => command.trim().split('\n'))
  expect(commands).toHaveLength(3)

  const cli = await createCliFolder({ tenants: [{ name: 'main', issuer: 'https://127.0.0.1:1' }] })
  onTestFinished(() => cli.remove())
  const doctor = async () => (await cli.run(['doctor'])).stdout
  // Whatever runs first makes the keys.
  expect((await cli.run(['key', 'rotate', '--force'])).exitCode).toBe(0)
  expect(await doctor()).toMatch(/ok +Sealed keys/)
  rmSync(join(cli.path, 'data', 'master.key'))
  expect(await doctor()).toMatch(/WRONG +Master key .*missing[\s\S]*operations\.md/)
  for (const command of commands) {
    const [name, program, ...args] = command.split(' ')
    if (name !== 'npx') execFileSync('/bin/sh', ['-ec', command], { cwd: cli.path })
    else {
      expect(program).toBe('ostiary')
      expect(await doctor()).toMatch(/WRONG +Sealed keys .*does not open/)
      expect(await cli.run(args), command).toMatchObject({ exitCode: 0 })
    }
  }
  expect(await doctor()).toMatch(/ok +Sealed keys/)
})
