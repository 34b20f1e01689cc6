// The goals that this run is held against, each with the number that was measured.

import type { GrowthResults } from '../growth/results.ts'
import type { OperationName } from '../operations/operation.ts'
import { count, percent, short, times } from './markdown.ts'
import type { Results } from './results.ts'

export interface Goal {
  readonly goal: string
  /** In words; undefined when it was not measured in this run. */
  readonly measured: string | undefined
  readonly met: boolean
}

const OURS = 'ostiary-sqlite'
const FLOOR = 'floor'
const PEER = 'oidc-provider-memory'

export function holdAgainstGoals(results: Results, growth: GrowthResults | undefined): Goal[] {
  return [
    ratioGoal(results, 'JWT by client credentials: at least 80 % of the floor', {
      operation: 'client_credentials-jwt',
      to: FLOOR,
      atLeast: 0.8,
    }),
    ratioGoal(results, 'JWT by client credentials: at least 3 times node-oidc-provider in memory', {
      operation: 'client_credentials-jwt',
      to: PEER,
      atLeast: 3,
    }),
    ratioGoal(results, 'opaque token by client credentials, durable: at least 70 % of the floor', {
      operation: 'client_credentials-opaque',
      to: FLOOR,
      atLeast: 0.7,
    }),
    ratioGoal(results, 'refresh, durable: at least 70 % of the floor', {
      operation: 'refresh',
      to: FLOOR,
      atLeast: 0.7,
    }),
    ratioGoal(results, 'signed-in code flow: at least 2 times node-oidc-provider in memory', {
      operation: 'code-flow',
      to: PEER,
      atLeast: 2,
    }),
    introspectionGoal(results),
    ...sdkGoals(results),
    latencyGoal(results),
    growthGoal(growth),
    ...memoryGoals(results),
  ]
}

interface Ratio {
  readonly operation: OperationName
  readonly to: string
  readonly atLeast: number
}

function ratioGoal(results: Results, goal: string, { operation, to, atLeast }: Ratio): Goal {
  const ratio = ratioOf(results, operation, { of: OURS, to })
  if (ratio === undefined) return { goal, measured: undefined, met: false }
  const onPostgres = ratioOf(results, operation, { of: 'ostiary-postgres', to })
  const write = atLeast < 1 ? percent : times
  const beside = onPostgres === undefined ? '' : `; ${write(onPostgres)} on PostgreSQL`
  return { goal, measured: `${write(ratio)} on SQLite${beside}`, met: ratio >= atLeast }
}

export function ratioOf(
  { operations }: Pick<Results, 'operations'>,
  operation: OperationName,
  { of, to }: { of: string; to: string },
): number | undefined {
  const ours = operations[operation]?.[of]
  const theirs = operations[operation]?.[to]
  return ours && theirs && ours.perSecond / theirs.perSecond
}

function introspectionGoal({ operations }: Results): Goal {
  const goal = 'introspection: at least 35,000/s'
  const rate = operations['introspection-hit']?.[OURS]?.perSecond
  if (rate === undefined) return { goal, measured: undefined, met: false }
  return { goal, measured: `${count(rate)}/s on SQLite`, met: rate >= 35_000 }
}

function sdkGoals({ sdk }: Results): Goal[] {
  const goals = [
    'SDK, JWT seen before: under 5 µs',
    'SDK, JWT not seen before: within 10 % of the bare signature check',
  ] as const
  if (!sdk) return goals.map((goal) => ({ goal, measured: undefined, met: false }))
  const { jwtWarm, jwtCold, bareVerify, joseVerify } = sdk
  const beside = `bare ${short(bareVerify)} µs, jose ${short(joseVerify)} µs`
  return [
    { goal: goals[0], measured: `${short(jwtWarm)} µs`, met: jwtWarm < 5 },
    {
      goal: goals[1],
      measured: `${short(jwtCold)} µs; ${beside}`,
      met: jwtCold <= bareVerify * 1.1,
    },
  ]
}

function latencyGoal({ operations }: Results): Goal {
  const goal = 'p99 at half load: under 10 ms'
  const all = Object.entries(operations).flatMap(([operation, figures]) =>
    [OURS, 'ostiary-postgres'].flatMap((subject) => {
      const found = figures[subject]
      return found ? [{ operation, subject, p99Ms: found.p99Ms }] : []
    }),
  )
  const worst = all.toSorted((one, other) => other.p99Ms - one.p99Ms)[0]
  if (!worst) return { goal, measured: undefined, met: false }
  const where = `${worst.operation}, ${worst.subject}`
  return { goal, measured: `${short(worst.p99Ms)} ms at worst (${where})`, met: worst.p99Ms < 10 }
}

function growthGoal(growth: GrowthResults | undefined): Goal {
  const goal = 'throughput at 10 million grants: within 15 % of that at 10 thousand'
  const losses = (growth?.stores ?? []).flatMap(({ subject, sizes }) => {
    const { grants, operations } = sizes.at(-1) ?? { grants: 0, operations: {} }
    return Object.entries(operations).map(([operation, { grown, smallest }]) => ({
      ...{ subject, operation, grants },
      kept: grown.perSecond / smallest.perSecond,
    }))
  })
  const worst = losses.toSorted((one, other) => one.kept - other.kept)[0]
  if (!worst) return { goal, measured: undefined, met: false }
  const where = `${worst.operation}, ${worst.subject}, ${count(worst.grants)} grants`
  const met = worst.kept >= 0.85 && worst.grants >= 10_000_000
  return { goal, measured: `${percent(worst.kept)} at worst (${where})`, met }
}

function memoryGoals({ idleMegabytes, operations }: Results): Goal[] {
  const idle = idleMegabytes[OURS]
  const peaks = Object.values(operations).flatMap((figures) => figures[OURS]?.peakMegabytes ?? [])
  const goals = ['memory when idle: under 150 MB', 'memory under load: flat'] as const
  const [first, last] = [peaks[0], peaks.at(-1)]
  if (idle === undefined || first === undefined || last === undefined) {
    return goals.map((goal) => ({ goal, measured: undefined, met: false }))
  }
  const course = `${count(first)} MB in the first operation, ${count(Math.max(...peaks))} MB at most, ${count(last)} MB in the last`
  return [
    { goal: goals[0], measured: `${count(idle)} MB on SQLite`, met: idle < 150 },
    { goal: goals[1], measured: course, met: last <= first * 1.25 },
  ]
}
