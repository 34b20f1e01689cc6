// docs/benchmarks.md: written by the run, never by hand.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { GrowthResults } from '../growth/results.ts'
import { holdAgainstGoals } from './goals.ts'
import { growthSection } from './growth-section.ts'
import { table } from './markdown.ts'
import type { Results } from './results.ts'
import { cpuTable, latencyTable, memoryTable, rateTable, ratioTable, sdkTable } from './tables.ts'

const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))

export function writePage(results: Results, growth: GrowthResults | undefined): void {
  writeFileSync(PAGE, describeResults(results, growth))
}

export function describeResults(results: Results, growth: GrowthResults | undefined): string {
  const sections = [
    '# Benchmarks',
    'Written by `npm run bench`; do not edit. What is measured, how to read it, and what is not fair in it stands in\n[bench/README.md](../bench/README.md).',
    describeMethod(results),
    '## Goals',
    goalTable(results, growth),
    '## Requests per second',
    'At saturation. An operation of the code flow is two requests: authorize and token.',
    rateTable(results),
    '## Ostiary beside the others',
    ratioTable(results),
    '## Latency at half of that',
    'p50 and p99 in milliseconds, from the moment at which a request was to be sent.',
    latencyTable(results),
    '## CPU time for each operation',
    'In microseconds, of the server at saturation; behind the plus, of the database where that is a process of its own.',
    cpuTable(results),
    '## Memory',
    'Resident, in megabytes: when the server was ready, and at most during each operation.',
    memoryTable(results),
    ...(results.sdk ? ['## The SDK', SDK_INTRODUCTION, sdkTable(results.sdk)] : []),
    ...(growth ? growthSection(growth) : []),
  ]
  return `${sections.join('\n\n')}\n`
}

const SDK_INTRODUCTION =
  'Microseconds for each call of `guard.authorize`, one after the other in one process, beside the bare check of the signature.'

function describeMethod({ machine, method }: Results): string {
  const { rounds, seconds, connections } = method
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `- **When**: ${machine.date.slice(0, 16).replace('T', ' ')} UTC, commit ${machine.commit}; load of the machine before the run ${machine.load.toFixed(2)}`,
    `- **Machine**: ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGigabytes} GB, Linux ${machine.kernel}; one write with its flush to disk takes ${Math.round(machine.flushMicroseconds)} µs`,
    `- **Versions**: Node ${machine.node}, ${versions.join(', ')}`,
    `- **Method**: each subject one process, the load generator another, on the same machine; ${connections} connections; median of ${rounds} rounds of ${seconds} seconds in alternating order, then as long at half of that rate`,
  ].join('\n')
}

function goalTable(results: Results, growth: GrowthResults | undefined): string {
  const rows = holdAgainstGoals(results, growth).map(({ goal, measured, met }) => [
    goal,
    measured ?? 'not measured in this run',
    measured === undefined ? '–' : met ? 'met' : '**missed**',
  ])
  return table(['goal', 'measured', ''], rows)
}
