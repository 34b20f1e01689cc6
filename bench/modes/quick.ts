// The guard against getting slower: a short run whose ratios are held against those that were written down. Ratios, not
// rates, for they say much the same on every machine.

import type { OperationName } from '../operations/operation.ts'
import type { Options } from '../options.ts'
import { ratioOf } from '../report/goals.ts'
import { short, table } from '../report/markdown.ts'
import { loadResults, type Results } from '../report/results.ts'
import { measureAll, say } from './measure-all.ts'

const OURS = 'ostiary-sqlite'
/** What moves less than this may be chance. */
const NOTICEABLE = 0.15

interface Move {
  readonly what: string
  readonly before: number
  readonly now: number
  /** Above 1 when it got better. */
  readonly change: number
}

export async function runQuickly(options: Options): Promise<number> {
  const before = loadResults()
  if (!before) {
    process.stderr.write('bench/results/latest.json is missing: `npm run bench` writes it\n')
    return 2
  }
  const now = await measureAll(options, { paced: false })
  const moves = [...listMoves(before, now), ...listSdkMoves(before, now)]
  const rows = moves.map(({ what, before: old, now: young, change }) => [
    what,
    short(old),
    short(young),
    verdictOn(change),
  ])
  say(`\n${table(['ratio', `on ${before.machine.date.slice(0, 10)}`, 'now', ''], rows)}`)
  return moves.some(({ change }) => change < 1 - NOTICEABLE) ? 1 : 0
}

function listMoves(before: Results, now: Results): Move[] {
  return (Object.keys(now.operations) as OperationName[]).flatMap((operation) =>
    ['floor', 'oidc-provider-memory'].flatMap((to) => {
      const old = ratioOf(before, operation, { of: OURS, to })
      const young = ratioOf(now, operation, { of: OURS, to })
      if (old === undefined || young === undefined) return []
      const what = `${operation}, ${OURS} / ${to}`
      return [{ what, before: old, now: young, change: young / old }]
    }),
  )
}

/** How often the bare check of a signature fits into a call. */
function listSdkMoves({ sdk: before }: Results, { sdk: now }: Results): Move[] {
  if (!before || !now) return []
  return (['jwtCold', 'jwtWarm', 'opaqueCached'] as const).map((name) => {
    const [old, young] = [before.bareVerify / before[name], now.bareVerify / now[name]]
    return { what: `SDK, bare check / ${name}`, before: old, now: young, change: young / old }
  })
}

function verdictOn(change: number): string {
  if (Math.abs(change - 1) <= NOTICEABLE) return 'as before'
  const moved = `${Math.abs(Math.round((change - 1) * 100))} %`
  return change < 1 ? `**worse** by ${moved}` : `better by ${moved}`
}
