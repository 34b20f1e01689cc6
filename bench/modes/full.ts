// The whole comparison, or the part of it that was asked for. Only the whole one is written down.

import type { Options } from '../options.ts'
import { describeResults, writePage } from '../report/page.ts'
import { LATEST, loadGrowth, saveResults } from '../report/results.ts'
import { measureAll, say } from './measure-all.ts'

export async function runFully(options: Options): Promise<number> {
  const results = await measureAll(options, { paced: true })
  const growth = loadGrowth()
  const whole = !options.selected && options.subjects === undefined
  say('')
  say(describeResults(results, whole ? growth : undefined))
  if (!whole) return 0
  saveResults(LATEST, results)
  writePage(results, growth)
  say('written to bench/results/latest.json and docs/benchmarks.md')
  return 0
}
