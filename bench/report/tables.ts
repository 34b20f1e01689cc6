// The tables of the page, one for each thing that was measured.

import type { Figures } from '../measure/compare.ts'
import { OPERATION_NAMES, type OperationName } from '../operations/operation.ts'
import type { SdkCosts } from '../sdk/costs.ts'
import { SUBJECTS } from '../subjects/index.ts'
import type { Subject } from '../subjects/subject.ts'
import { ratioOf } from './goals.ts'
import { count, percent, short, table, times } from './markdown.ts'
import type { Results } from './results.ts'

export function rateTable(results: Results): string {
  const notes = listNotes(results)
  const cells = byOperation(results, ({ perSecond }) => count(perSecond), notes)
  const legend = notes.map((text, index) => `${superscript(index)} ${text}`)
  const stores = subjectsOf(results).map(({ title, store }) => `- ${title}: ${store}`)
  return [cells, ...(legend.length > 0 ? [legend.join('  \n')] : []), stores.join('\n')].join(
    '\n\n',
  )
}

export function latencyTable(results: Results): string {
  return byOperation(results, ({ p50Ms, p99Ms }) => `${short(p50Ms)} / ${short(p99Ms)}`)
}

export function cpuTable(results: Results): string {
  return byOperation(results, ({ cpuMicroseconds: { server = Number.NaN, database } }) =>
    database === undefined ? short(server) : `${short(server)} + ${short(database)}`,
  )
}

export function memoryTable(results: Results): string {
  const subjects = subjectsOf(results)
  const idle = [
    'idle',
    ...subjects.map(({ name }) => short(results.idleMegabytes[name] ?? Number.NaN)),
  ]
  const peaks = rowsOf(results, ({ peakMegabytes }) => count(peakMegabytes), [])
  return table(headOf(subjects), [idle, ...peaks])
}

export function ratioTable(results: Results): string {
  const pairs = [
    ['ostiary-sqlite', 'floor', percent],
    ['ostiary-postgres', 'floor', percent],
    ['ostiary-sqlite', 'oidc-provider-memory', times],
    ['ostiary-postgres', 'oidc-provider-memory', times],
    ['ostiary-sqlite', 'oidc-provider-sqlite', times],
    ['ostiary-sqlite', 'oauth2-server', times],
    ['ostiary-sqlite', 'better-auth', times],
  ] as const
  const present = pairs.filter(([of, to]) =>
    [of, to].every((name) => subjectsOf(results).some((subject) => subject.name === name)),
  )
  const head = present.map(([of, to]) => `${titleOf(of)} / ${titleOf(to)}`)
  const rows = operationsOf(results).map((operation) => [
    operation,
    ...present.map(([of, to, write]) => {
      const ratio = ratioOf(results, operation, { of, to })
      return ratio === undefined ? '–' : write(ratio)
    }),
  ])
  return table(['', ...head], rows)
}

const SDK_ROWS: Readonly<Record<keyof SdkCosts, string>> = {
  bareVerify: 'bare `crypto.verify`, in line',
  bareVerifyOnPool: 'bare `crypto.verify`, on the thread pool',
  joseVerify: '`jwtVerify` of jose with the claims checked',
  jwtCold: 'SDK, JWT not seen before',
  jwtWarm: 'SDK, JWT seen before',
  opaqueCached: 'SDK, opaque token, introspection remembered for 5 seconds',
  feedLook: 'SDK, a look for a token among 500,000 revocations',
  feedLine: 'SDK, taking in one of them when an API starts',
  feedReading: 'SDK, a reading of the feed that brings no news, with all of them',
}

export function sdkTable(sdk: SdkCosts): string {
  // Results from before a row was measured do not have it.
  const names = (Object.keys(SDK_ROWS) as (keyof SdkCosts)[]).filter((name) => name in sdk)
  return table(
    ['', 'µs for each call'],
    names.map((name) => [SDK_ROWS[name], short(sdk[name])]),
  )
}

function byOperation(
  results: Results,
  write: (figures: Figures) => string,
  notes: readonly string[] = [],
): string {
  return table(headOf(subjectsOf(results)), rowsOf(results, write, notes))
}

function rowsOf(
  results: Results,
  write: (figures: Figures) => string,
  notes: readonly string[],
): string[][] {
  return operationsOf(results).map((operation) => [
    operation,
    ...subjectsOf(results).map(({ name, missing }) => {
      const figures = results.operations[operation]?.[name]
      if (figures) return write(figures)
      const note = notes.indexOf(missing[operation] ?? '')
      return note === -1 ? '–' : `–${superscript(note)}`
    }),
  ])
}

function headOf(subjects: readonly Subject[]): string[] {
  return ['', ...subjects.map(({ title }) => title)]
}

function subjectsOf({ idleMegabytes }: Results): readonly Subject[] {
  return SUBJECTS.filter(({ name }) => name in idleMegabytes)
}

function operationsOf({ operations }: Results): readonly OperationName[] {
  return OPERATION_NAMES.filter((name) => operations[name] !== undefined)
}

/** Why a subject has no such operation, each reason once. */
function listNotes(results: Results): readonly string[] {
  const reasons = subjectsOf(results).flatMap(({ missing }) =>
    operationsOf(results).flatMap((operation) => missing[operation] ?? []),
  )
  return [...new Set(reasons)]
}

function titleOf(name: string): string {
  return SUBJECTS.find((subject) => subject.name === name)?.title ?? name
}

function superscript(index: number): string {
  return '¹²³⁴⁵⁶⁷⁸⁹'[index] ?? `(${index + 1})`
}
