// What the kernel says about a process: its memory and what it holds open. Linux only.

import { readdirSync, readFileSync } from 'node:fs'

export const HAS_PROC = process.platform === 'linux'

export interface Usage {
  readonly megabytes: number
  /** Files and sockets that it holds open. */
  readonly descriptors: number
}

export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])
  return {
    megabytes: Math.round(kilobytes / 1024),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}
