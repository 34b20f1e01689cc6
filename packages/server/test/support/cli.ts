// The command line as its users have it: a process of its own, in a folder of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface CliRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface CliFolder {
  readonly path: string
  run(args: readonly string[], options?: CliOptions): Promise<CliRun>
  /** The one object that --json prints. */
  json(args: readonly string[], options?: CliOptions): Promise<Record<string, unknown>>
  /** A command that keeps running; its output is for the caller to read. */
  spawn(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
  remove(): Promise<void>
}

/** @param config content of ostiary.config.yaml; none when left out */
export async function createCliFolder(config?: object): Promise<CliFolder> {
  const path = await mkdtemp(join(tmpdir(), 'ostiary-cli-'))
  if (config) await writeFile(join(path, 'ostiary.config.yaml'), stringify(config))

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawn(process.execPath, [MAIN, ...args], {
      cwd: path,
      env: { PATH: process.env.PATH, ...env },
      stdio: 'pipe',
    })

  const run = async (args: readonly string[], options: CliOptions = {}): Promise<CliRun> => {
    const child = start(args, options.env)
    child.stdin.end(options.stdin ?? '')
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      child.exitCode === null && once(child, 'exit'),
    ])
    return { exitCode: child.exitCode, stdout, stderr }
  }

  return {
    path,
    run,
    async json(args, options) {
      const { stdout, stderr } = await run([...args, '--json'], options)
      if (stdout.trim().split('\n').length !== 1) {
        throw new Error(`not one line of JSON: ${stdout}${stderr}`)
      }
      return JSON.parse(stdout)
    },
    spawn: start,
    remove: () => rm(path, { recursive: true }),
  }
}

/** The first line on standard output; the rest is read too, so that the process can go on writing. */
export function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let seen = ''
  child.stdout?.on('data', (chunk) => {
    seen += String(chunk)
    const end = seen.indexOf('\n')
    if (end !== -1) resolve(seen.slice(0, end))
  })
  child.stdout?.on('end', () => reject(new Error(`it ended without a line: ${seen}`)))
  return promise
}
