// Measures one operation of one subject: its turns, and the CPU time that they cost it.

import { type CpuTimes, microsecondsBetween, readCpuTimes } from '../measure/process-tree.ts'
import type { Ask, Operation, Workload } from '../operations/operation.ts'
import { Connection } from './connection.ts'
import { getRequest } from './request.ts'
import type { Target } from './target.ts'
import { pace, saturate, type Turns } from './turns.ts'

/** A process of the subject's with all its children, by role. */
export type Processes = Readonly<Record<string, number>>

export interface Measurement {
  readonly seconds: number
  /** Turns that begin in a second; as many as there is room for when left out. */
  readonly rate?: number
}

export interface Sample {
  readonly turns: number
  readonly seconds: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** CPU time of one turn, by role. */
  readonly cpuMicroseconds: Readonly<Record<string, number>>
  /** How much of a core the load generator took. */
  readonly generatorShare: number
}

export class Bench {
  readonly #connections: readonly Connection[]
  readonly #workload: Workload
  readonly #processes: Processes
  /** A request for a page that there need not be. */
  readonly #nothing: string

  static async open(
    operation: Operation,
    input: { target: Target; processes: Processes; connections: number },
  ): Promise<Bench> {
    const { target, processes } = input
    const connections = Array.from({ length: input.connections }, () => new Connection(target))
    const asks = connections.map(asking)
    const workload = await operation.prepare({ target, connections: connections.length, asks })
    return new Bench({
      connections,
      workload,
      processes,
      nothing: getRequest(target, { path: '/' }),
    })
  }

  constructor(parts: {
    connections: readonly Connection[]
    workload: Workload
    processes: Processes
    nothing: string
  }) {
    this.#connections = parts.connections
    this.#workload = parts.workload
    this.#processes = parts.processes
    this.#nothing = parts.nothing
  }

  /** Until the time is over; what is made for the operation to use up does not count. */
  async measure({ seconds, rate }: Measurement): Promise<Sample> {
    const { refill, flows } = this.#workload
    const crew = { connections: this.#connections, flows }
    const sections: (Turns & Cost)[] = []
    let rest = seconds
    while (rest > 0.02 * seconds) {
      await refill?.()
      await this.#knock()
      const before = readCosts(this.#processes)
      const turns = await (rate === undefined ? saturate(crew, rest) : pace(crew, rest, rate))
      sections.push({ ...turns, ...costSince(before, this.#processes) })
      rest -= turns.seconds
    }
    return summarise(sections)
  }

  /**
   * Servers take new connections one by one: without this, the first would have had many turns before the last is
   * heard, and a store that remembers a thousand things would have forgotten what the last one holds.
   */
  async #knock(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => asking(connection)(this.#nothing)))
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}

function asking(connection: Connection): Ask {
  return (request) =>
    new Promise((resolve, reject) => {
      connection.send(request, (answer, error) => (error ? reject(error) : resolve(answer)))
    })
}

interface Reading {
  readonly subject: Readonly<Record<string, CpuTimes>>
  readonly generator: NodeJS.CpuUsage
}

/** CPU time in microseconds. */
interface Cost {
  /** By role. */
  readonly subject: Readonly<Record<string, number>>
  readonly generator: number
}

function readCosts(processes: Processes): Reading {
  const subject = Object.entries(processes).map(([role, pid]) => [role, readCpuTimes(pid)])
  return { subject: Object.fromEntries(subject), generator: process.cpuUsage() }
}

function costSince(before: Reading, processes: Processes): Cost {
  const { user, system } = process.cpuUsage(before.generator)
  const after = readCosts(processes)
  const subject = Object.entries(after.subject).map(([role, times]) => [
    role,
    microsecondsBetween(before.subject[role] ?? new Map(), times),
  ])
  return { subject: Object.fromEntries(subject), generator: user + system }
}

function summarise(sections: readonly (Turns & Cost)[]): Sample {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const latencies = Float64Array.from(sections.flatMap(({ latenciesMs }) => latenciesMs)).sort()
  const turns = latencies.length
  const seconds = sum(sections.map((section) => section.seconds))
  const percentile = (share: number) =>
    latencies[Math.min(turns - 1, Math.floor(turns * share))] ?? Number.NaN
  const roles = Object.keys(sections[0]?.subject ?? {})
  return {
    turns,
    seconds,
    perSecond: turns / seconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    maxMs: latencies.at(-1) ?? Number.NaN,
    cpuMicroseconds: Object.fromEntries(
      roles.map((role) => [role, sum(sections.map(({ subject }) => subject[role] ?? 0)) / turns]),
    ),
    generatorShare: sum(sections.map(({ generator }) => generator)) / 1e6 / seconds,
  }
}
