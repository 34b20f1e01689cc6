// `npm start` as a newcomer runs it, in a folder and on a port of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const ARGUMENTS = ['packages/server/src/main.ts', 'dev', '--api', 'examples/crm-api/src/plugin.ts']

export interface DemoUser {
  readonly username: string
  readonly password: string
  readonly organisations: readonly string[]
}

export interface DemoClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly type: 'confidential' | 'public'
  readonly redirect_uris: readonly string[]
  readonly scopes: readonly string[]
  readonly grants: readonly string[]
  readonly note: string
}

export interface DemoTenant {
  readonly name: string
  readonly contract: string
  readonly issuer: string
  readonly api: string
  readonly endpoints: Readonly<
    Record<'authorize' | 'token' | 'revoke' | 'introspect' | 'metadata', string>
  >
  readonly users: readonly DemoUser[]
  readonly clients: readonly DemoClient[]
  readonly resource_servers: readonly {
    readonly client_id: string
    readonly client_secret: string
  }[]
}

export interface DemoProcess {
  /** What it printed when it was ready. */
  readonly welcome: string
  readonly readyAfterMs: number
  readonly tenants: readonly DemoTenant[]
  /** Permission bits of demo.json. */
  readonly fileMode: number
  stop(): Promise<number | null>
}

export async function startDemo(folder: string, port: number): Promise<DemoProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ARGUMENTS, {
    cwd: REPOSITORY,
    env: { PATH: process.env.PATH, OSTIARY_DATA: folder, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const welcome = await readWelcome(child)
  const readyAfterMs = performance.now() - startedAt
  const file = join(folder, 'demo.json')
  return {
    welcome,
    readyAfterMs,
    tenants: JSON.parse(await readFile(file, 'utf8')).tenants,
    fileMode: (await stat(file)).mode & 0o777,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** Resolves with everything printed up to the last line of the welcome. */
function readWelcome(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    let complaints = ''
    child.stderr?.on('data', (chunk) => {
      complaints += chunk
    })
    child.stdout?.on('data', (chunk) => {
      printed += chunk
      if (printed.includes('Ctrl-C')) resolve(printed)
    })
    child.once('exit', (code) => reject(new Error(`the demo exited with ${code}: ${complaints}`)))
  })
}
