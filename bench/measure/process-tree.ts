// What a server process and its children have used: CPU time to the nanosecond, memory. Linux only, from /proc.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** The process and all that it has started: PostgreSQL is one process for each connection. */
function listTree(root: number): readonly number[] {
  const children = tasksOf(root).flatMap((task) => read(`/proc/${root}/task/${task}/children`))
  const pids = children.join(' ').split(' ').filter(Boolean).map(Number)
  return [root, ...pids.flatMap((pid) => listTree(pid))]
}

/** CPU time of all threads, by process. */
export type CpuTimes = ReadonlyMap<number, number>

/** Of the process and its children. */
export function readCpuTimes(root: number): CpuTimes {
  return new Map(listTree(root).map((pid) => [pid, cpuMicroseconds(pid)]))
}

/** What was used between two readings, by processes that began meanwhile, too. */
export function microsecondsBetween(before: CpuTimes, after: CpuTimes): number {
  let sum = 0
  for (const [pid, microseconds] of after) sum += microseconds - (before.get(pid) ?? 0)
  return sum
}

function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0
  for (const task of tasksOf(pid)) {
    nanoseconds += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0)
  }
  return nanoseconds / 1000
}

/** The memory that the process and its children have. */
export function residentMegabytes(root: number): number {
  return sumOf(root, 'VmRSS')
}

/** The most that each of them ever had since it started, or since `forgetPeaks`. */
export function peakMegabytes(root: number): number {
  return sumOf(root, 'VmHWM')
}

export function forgetPeaks(root: number): void {
  for (const pid of listTree(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function sumOf(root: number, field: string): number {
  return listTree(root).reduce((sum, pid) => sum + statusMegabytes(pid, field), 0)
}

function statusMegabytes(pid: number, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`))
  return Number(kilobytes?.[1] ?? Number.NaN) / 1024
}

function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** @returns nothing of a process or thread that has just ended */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
