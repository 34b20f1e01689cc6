// One bash in which commands are pasted, one after the other: what one sets, the next one sees.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Shell extends AsyncDisposable {
  /** @returns what was printed. @throws when one of the commands fails, or a variable is not set */
  paste(command: string): Promise<string>
}

export async function openShell(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-shell-'))
  const bash = spawn('bash', ['--norc', '-eu', '-o', 'pipefail'], { cwd, env, stdio: 'pipe' })
  const left = new Promise((resolve) => bash.once('exit', resolve))
  const end = `done ${folder}`
  let printed = ''
  let complaints = ''
  let check = () => {}
  bash.stdout.on('data', (chunk) => {
    printed += chunk
    check()
  })
  bash.stderr.on('data', (chunk) => {
    complaints += chunk
  })

  function waitForEnd(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      check = () => {
        const [answer, rest] = printed.split(`${end}\n`)
        if (rest === undefined) return
        printed = rest
        complaints = ''
        resolve(answer ?? '')
      }
      left.then((code) => reject(new Error(`${command}\nexits with ${code}: ${complaints}`)))
    })
  }

  return {
    async paste(command) {
      const file = join(folder, 'pasted.sh')
      await writeFile(file, command)
      const answer = waitForEnd(command)
      // From a file, so that no command eats what comes after it.
      bash.stdin.write(`. '${file}' < /dev/null\necho '${end}'\n`)
      return answer
    },
    async [Symbol.asyncDispose]() {
      bash.stdin.end()
      await left
      await rm(folder, { recursive: true })
    },
  }
}
