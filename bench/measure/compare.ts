// The side-by-side run: operation by operation, and within each operation subject by subject, again and again in
// alternating order, so that what the machine does meanwhile hits all of them alike.

import type { LoadGenerator } from '../load/driver.ts'
import type { Sample } from '../load/measure.ts'
import { OPERATIONS } from '../operations/index.ts'
import type { OperationName } from '../operations/operation.ts'
import type { RunningSubject } from '../subjects/subject.ts'
import { median } from './median.ts'
import { forgetPeaks, peakMegabytes } from './process-tree.ts'

export interface Figures {
  /** Median of the rounds at saturation. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** At half of that. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of one turn at saturation, by role: `server`, and `database` where that is a process of its own. */
  readonly cpuMicroseconds: Readonly<Record<string, number>>
  /** The most memory that the server had meanwhile. */
  readonly peakMegabytes: number
  /** How much of a core the load generator took at saturation. */
  readonly generatorShare: number
}

/** By subject. */
export type OperationFigures = Readonly<Record<string, Figures>>

export interface Comparison {
  readonly subjects: ReadonlyMap<string, RunningSubject>
  readonly load: LoadGenerator
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly paced: boolean
  say(line: string): void
}

export async function compare(
  name: OperationName,
  comparison: Comparison,
): Promise<OperationFigures> {
  const names: string[] = []
  for (const [subject, running] of comparison.subjects) {
    if (await open(name, subject, running, comparison)) names.push(subject)
  }
  const samples = await saturateInTurn(names, comparison)
  const figures: Record<string, Figures> = {}
  for (const subject of names) {
    const rounds = samples.get(subject) ?? []
    const perSecond = median(rounds.map((sample) => sample.perSecond))
    const paced = await paceAtHalf(subject, perSecond, comparison)
    const pid = comparison.subjects.get(subject)?.processes.server as number
    figures[subject] = {
      perSecond,
      rounds: rounds.map((sample) => sample.perSecond),
      p50Ms: paced.p50Ms,
      p99Ms: paced.p99Ms,
      cpuMicroseconds: medianCpu(rounds),
      peakMegabytes: peakMegabytes(pid),
      generatorShare: median(rounds.map((sample) => sample.generatorShare)),
    }
    comparison.say(describe(name, subject, figures[subject]))
    await comparison.load.close(subject)
  }
  return figures
}

/** A large program takes some ten thousand requests until it is compiled; the floor, a few hundred. */
const WARM_UP_SECONDS = 4

/** @returns whether the subject has this operation */
async function open(
  name: OperationName,
  subject: string,
  running: RunningSubject,
  { load, connections }: Comparison,
): Promise<boolean> {
  if (!OPERATIONS[name].isOffered(running.target)) return false
  const target = (await running.renewTarget?.()) ?? running.target
  const { processes } = running
  await load.open({ key: subject, operation: name, target, processes, connections })
  await load.measure({ key: subject, seconds: WARM_UP_SECONDS })
  forgetPeaks(processes.server as number)
  return true
}

async function saturateInTurn(
  names: readonly string[],
  { load, rounds, seconds }: Comparison,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      samples.get(name)?.push(await load.measure({ key: name, seconds }))
    }
  }
  return samples
}

async function paceAtHalf(
  subject: string,
  perSecond: number,
  { load, seconds, paced }: Comparison,
): Promise<Pick<Sample, 'p50Ms' | 'p99Ms'>> {
  if (!paced) return { p50Ms: Number.NaN, p99Ms: Number.NaN }
  return load.measure({ key: subject, seconds, rate: perSecond / 2 })
}

function medianCpu(samples: readonly Sample[]): Record<string, number> {
  const roles = Object.keys(samples[0]?.cpuMicroseconds ?? {})
  return Object.fromEntries(
    roles.map((role) => [role, median(samples.map((s) => s.cpuMicroseconds[role] ?? Number.NaN))]),
  )
}

function describe(name: string, subject: string, figures: Figures): string {
  const { perSecond, p50Ms, p99Ms, cpuMicroseconds, peakMegabytes: peak } = figures
  const cpu = Object.entries(cpuMicroseconds).map(([role, us]) => `${role} ${us.toFixed(0)} µs`)
  return [
    name.padEnd(26),
    subject.padEnd(22),
    `${Math.round(perSecond)}/s`.padStart(9),
    Number.isNaN(p50Ms) ? '' : `p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms`.padStart(24),
    `${cpu.join(', ')}, ${Math.round(peak)} MB`,
  ].join(' ')
}
