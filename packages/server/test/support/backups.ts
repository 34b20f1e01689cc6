// Backups of a deployment's database, and how they are put back, as docs/guides/backup-and-restore.md has it: with the
// real command.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BARE_ENVIRONMENT } from './bare-environment.ts'
import { ask } from './postgres-cluster.ts'
import type { Deployment } from './server-process.ts'

const MAIN = fileURLToPath(new URL('../../bin/ostiary.js', import.meta.url))

export interface CommandRun {
  readonly exitCode: number
  readonly text: string
}

export interface Backups {
  /** `ostiary …` in the folder of the deployment. */
  run(...args: string[]): Promise<CommandRun>
  /** One that goes on until it is ended. */
  start(...args: string[]): ChildProcess
  /** On PostgreSQL no server may run: a copy of a whole database needs it for itself. */
  backUp(): Promise<void>
  /** The latest, as far as the tools of the database go. @returns what `ostiary restore` is told of it */
  putBack(): Promise<string[]>
}

/** @param url of its database; a file of SQLite when left out */
export function createBackups(deployment: Deployment, url?: string): Backups {
  const run = (...args: string[]) =>
    new Promise<CommandRun>((resolve) => {
      const options = { cwd: deployment.folder, env: BARE_ENVIRONMENT }
      execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) => {
        resolve({ exitCode: Number(error?.code ?? 0), text: stdout + stderr })
      })
    })
  const start = (...args: string[]) => {
    const options = { cwd: deployment.folder, env: BARE_ENVIRONMENT, stdio: 'ignore' } as const
    return spawn(process.execPath, [MAIN, ...args], options)
  }
  return { run, start, ...(url === undefined ? ofFile(run) : ofPostgres(url)) }
}

type OfDatabase = Pick<Backups, 'backUp' | 'putBack'>

function ofFile(run: Backups['run']): OfDatabase {
  let count = 0
  const name = () => (count === 1 ? 'backup.db' : `backup-${count}.db`)
  return {
    async backUp() {
      count += 1
      const { exitCode, text } = await run('backup', name())
      if (exitCode !== 0) throw new Error(text)
    },
    putBack: async () => [name()],
  }
}

/** There is no pg_dump beside the PostgreSQL of the tests. */
function ofPostgres(url: string): OfDatabase {
  const database = new URL(url).pathname.slice(1)
  const copy = async (from: string, to: string) => {
    const administration = Object.assign(new URL(url), { pathname: '/postgres' }).href
    await whenNobodyUsesIt(() => ask(administration, `drop database if exists ${to}`))
    await whenNobodyUsesIt(() => ask(administration, `create database ${to} template ${from}`))
  }
  return {
    backUp: () => copy(database, `${database}_backup`),
    async putBack() {
      await copy(`${database}_backup`, database)
      return []
    },
  }
}

const IN_USE = '55006'
const PATIENCE_MS = 30_000

/** PostgreSQL notices a little later than we that a server has ended. */
async function whenNobodyUsesIt(act: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      await act()
      return
    } catch (error) {
      const isInUse = error instanceof Error && 'code' in error && error.code === IN_USE
      if (!isInUse || Date.now() > until) throw error
    }
    await pause(50)
  }
}
