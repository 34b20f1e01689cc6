// What the kernel says about a process: its memory and what it holds open. Linux only.

import { existsSync, readdirSync, readFileSync } from 'node:fs'

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

const ESTABLISHED = '01'

/** Ports of this machine that are one end of a TCP connection which neither side has closed. */
export function connectedPorts(): ReadonlySet<number> {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6']
    .filter(existsSync)
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(1))
  const connections = lines.map((line) => line.trim().split(/\s+/))
  return new Set(
    connections
      .filter(([, , , state]) => state === ESTABLISHED)
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  )
}
