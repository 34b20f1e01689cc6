// The part of the page about full stores.

import type { GrowthResults, StoreGrowth } from '../growth/results.ts'
import { SUBJECTS } from '../subjects/index.ts'
import { count, percent, short, table } from './markdown.ts'

export function growthSection({ machine, stores, seconds, rounds }: GrowthResults): string[] {
  const method = `Taken on ${machine.date.slice(0, 10)}, commit ${machine.commit}: median of ${rounds} rounds of ${seconds} seconds. Each grant has a refresh token and an access token; the percentage is what is left of the rate with the smallest store.`
  return [
    '## With many grants in the store',
    method,
    ...stores.flatMap((store) => [`### ${titleOf(store)}`, growthTable(store), cleanUp(store)]),
  ].filter((text) => text !== '')
}

function growthTable({ sizes }: StoreGrowth): string {
  const first = sizes[0]
  if (!first) return ''
  const head = sizes.map(({ grants }) => `${count(grants)} grants`)
  const operations = Object.keys(first.operations)
  const rates = operations.map((operation) => [
    `${operation}, per second`,
    ...sizes.map((size) => {
      const rate = size.operations[operation]?.perSecond ?? Number.NaN
      const before = first.operations[operation]?.perSecond ?? Number.NaN
      return size === first ? count(rate) : `${count(rate)} (${percent(rate / before)})`
    }),
  ])
  const latencies = operations.map((operation) => [
    `${operation}, p99 at half in ms`,
    ...sizes.map((size) => short(size.operations[operation]?.p99Ms ?? Number.NaN)),
  ])
  const volume = ['size on disk', ...sizes.map(({ databaseGigabytes: gb }) => `${short(gb)} GB`)]
  return table(['', ...head], [volume, ...rates, ...latencies])
}

function cleanUp({ cleanUp: found }: StoreGrowth): string {
  if (!found) return ''
  const { rows, seconds, done, before, during } = found
  const course = done
    ? `gone after ${count(seconds)} seconds, ${count(rows / seconds)} rows in a second`
    : `not all gone after ${count(seconds)} seconds`
  return [
    `The clean-up of ${count(rows)} expired rows under a load of client_credentials-opaque at half of what the server can do: ${course}.`,
    table(
      ['', 'without the clean-up', 'during the clean-up'],
      [
        ['at saturation, per second', count(before.perSecond), count(during.perSecond)],
        ['p99 at half in ms', short(before.p99Ms), short(during.p99Ms)],
        ['longest at half in ms', '', short(during.maxMs)],
      ],
    ),
  ].join('\n\n')
}

function titleOf({ subject }: StoreGrowth): string {
  return SUBJECTS.find(({ name }) => name === subject)?.title ?? subject
}
