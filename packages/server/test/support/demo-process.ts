// `npm start` as a newcomer runs it, in a folder and on a port of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DemoTenant } from '../../src/cli/demo/demo-file.ts'
import { BARE_ENVIRONMENT } from './bare-environment.ts'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
const ARGUMENTS = [
  'packages/server/bin/ostiary.js',
  'dev',
  '--api',
  'examples/crm-api/src/plugin.ts',
]

export interface DemoProcess {
  readonly readyAfterMs: number
  readonly tenants: readonly DemoTenant[]
  stop(): Promise<number | null>
}

export async function startDemo(folder: string, port: number): Promise<DemoProcess> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, ARGUMENTS, {
    cwd: REPOSITORY,
    env: { ...BARE_ENVIRONMENT, OSTIARY_DATA: folder, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await waitForWelcome(child)
  const readyAfterMs = performance.now() - startedAt
  const file = join(folder, 'demo.json')
  return {
    readyAfterMs,
    tenants: JSON.parse(await readFile(file, 'utf8')).tenants,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}

/** Resolves when the last line of the welcome is printed. */
function waitForWelcome(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = ''
    let complaints = ''
    child.stderr?.on('data', (chunk) => {
      complaints += chunk
    })
    child.stdout?.on('data', (chunk) => {
      printed += chunk
      if (printed.includes('Ctrl-C')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the demo exited with ${code}: ${complaints}`)))
  })
}
