// A disk that is easily full: a file system in memory where that may be mounted, else a limit on how large the files of
// one process may become.

import { execFile } from 'node:child_process'
import { appendFileSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface SmallDisk {
  readonly folder: string
  /** Takes all the room there is. */
  fill(): void
  /** Gives it back. */
  free(): void
  remove(): Promise<void>
}

/** @returns why there is none, when this machine lets nobody mount one */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostiary-nemesis-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder])
  } catch {
    await rm(folder, { recursive: true })
    return 'this machine lets us mount no file system'
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      for (let block = Buffer.alloc(1 << 16); block.length >= 512; ) {
        try {
          appendFileSync(ballast, block)
        } catch {
          block = block.subarray(0, block.length / 2)
        }
      }
    },
    free: () => rmSync(ballast, { force: true }),
    async remove() {
      await run('umount', ['-l', folder])
      await rm(folder, { recursive: true })
    },
  }
}

/** As with a full disk, writes beyond that fail (EFBIG), and what is there can be read. */
export async function limitFiles(pid: number, bytes: number | 'unlimited'): Promise<void> {
  await run('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
