// README.md, followed in an empty folder from the configuration to a server that answers: as printed, in that order.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { BARE_ENVIRONMENT } from '../support/bare-environment.ts'
import { findFreePort } from '../support/free-port.ts'
import { sendRequest } from '../support/http-request.ts'
import { openShell } from '../support/walkthrough/shell.ts'
import { readSteps } from '../support/walkthrough/steps.ts'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const PATIENCE_MS = 60_000

it(
  'README: "Run it for real" works as printed, in the order in which it is printed',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ostiary-readme-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const port = await findFreePort()
    const env = { ...BARE_ENVIRONMENT, PATH: process.env.PATH, PORT: String(port) }
    const [, section = ''] = (await readFile(join(REPOSITORY, 'README.md'), 'utf8')).split(
      '## Run it for real',
    )
    const commands = readSteps(section.split('\n## ', 1)[0] ?? '').map(({ command }) => command)
    const isStart = (command: string) => command.trim() === 'npx ostiary start'
    const isDoctor = (command: string) => command.trim() === 'npx ostiary doctor'
    expect(commands.findIndex(isStart)).toBeGreaterThan(1)
    expect(commands.findIndex(isDoctor)).toBeGreaterThan(commands.findIndex(isStart))

    await using shell = await openShell(folder, env)
    const entry = join(REPOSITORY, 'packages/server/bin/ostiary.js')
    await shell.paste(`npx() { shift; '${process.execPath}' '${entry}' "$@"; }`)
    for (const command of commands) {
      if (isStart(command)) {
        await shell.paste(`${command.trim()} > log 2>&1 &\ntrap "kill $!" EXIT`)
        await expect.poll(() => answers(port), { timeout: 20_000 }).toBe(true)
      } else if (isDoctor(command)) {
        // No name leads here yet, as the README says.
        const findings = await shell.paste(`${command.trim()} || true`)
        const wrong = findings.split('\n').filter((line) => line.startsWith('WRONG'))
        expect(wrong).toEqual([expect.stringMatching(/^WRONG +Issuer of acme .* cannot be read/)])
      } else await shell.paste(command)
    }
  },
  PATIENCE_MS,
)

const answers = (port: number) =>
  sendRequest(`http://127.0.0.1:${port}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  )
