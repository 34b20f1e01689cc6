// What the numbers were taken on. Without it they mean nothing.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from './median.ts'

export interface Machine {
  readonly date: string
  readonly commit: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly kernel: string
  readonly node: string
  /** One small write with its flush to disk. */
  readonly flushMicroseconds: number
  /** What else the machine was doing when the run began: processes that wanted a core. */
  readonly load: number
  readonly versions: Readonly<Record<string, string>>
}

const PEERS = [
  'oidc-provider',
  '@node-oauth/oauth2-server',
  '@better-auth/oauth-provider',
  'better-auth',
  'jose',
]

export function describeMachine(folder: string | undefined): Machine {
  const versions = PEERS.map((name) => [name, versionOf(name)])
  return {
    date: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? ', changed' : ''),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    flushMicroseconds: timeFlush(folder ?? tmpdir()),
    load: loadavg()[0] ?? Number.NaN,
    versions: { ...Object.fromEntries(versions), SQLite: process.versions.sqlite ?? 'unknown' },
  }
}

/** @throws when the folder keeps its files in memory: nothing would be durable there */
function timeFlush(folder: string): number {
  const TMPFS = 0x01021994
  if (statfsSync(folder).type === TMPFS) {
    throw new TypeError(`${folder} is in memory: name a folder on a disk with --folder`)
  }
  const path = join(folder, `ostiary-bench-flush-${process.pid}`)
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096)
  const times = Array.from({ length: 50 }, () => {
    const beginning = performance.now()
    writeSync(file, page)
    fdatasyncSync(file)
    return (performance.now() - beginning) * 1000
  })
  closeSync(file)
  rmSync(path)
  return median(times)
}

function versionOf(name: string): string {
  const path = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url))
  return JSON.parse(readFileSync(path, 'utf8')).version
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', [...args], { encoding: 'utf8', cwd: import.meta.dirname }).trim()
  } catch {
    return ''
  }
}
