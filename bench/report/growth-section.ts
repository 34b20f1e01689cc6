// The part of the page about full stores.

import type { GrowthResults, StoreGrowth } from '../growth/results.ts'
import { SUBJECTS } from '../subjects/index.ts'
import { count, percent, short, table } from './markdown.ts'

export function growthSection({ machine, stores, seconds, rounds }: GrowthResults): string[] {
  const method = `Taken on ${machine.date.slice(0, 10)}, commit ${machine.commit}: median of ${rounds} rounds of ${seconds} seconds. Each grant has a refresh token and an access token. Two servers take turns, one on the large store and one on the smallest, so that what else the machine does hits both; the percentage is what is left of the rate.`
  return [
    '## With many grants in the store',
    method,
    ...stores.flatMap((store) => [`### ${titleOf(store)}`, growthTable(store), cleanUp(store)]),
  ].filter((text) => text !== '')
}

function growthTable({ smallest, sizes }: StoreGrowth): string {
  const operations = Object.keys(sizes[0]?.operations ?? {})
  const rates = operations.map((operation) => [
    `${operation}, per second`,
    ...sizes.map(({ operations: { [operation]: found } }) => {
      if (!found) return ''
      const [rate, before] = [found.grown.perSecond, found.smallest.perSecond]
      return `${count(rate)} beside ${count(before)} (${percent(rate / before)})`
    }),
  ])
  const latencies = operations.map((operation) => [
    `${operation}, p99 at half in ms`,
    ...sizes.map(({ operations: { [operation]: found } }) =>
      found ? `${short(found.grown.p99Ms)} beside ${short(found.smallest.p99Ms)}` : '',
    ),
  ])
  const volume = ['size on disk', ...sizes.map(({ databaseGigabytes: gb }) => `${short(gb)} GB`)]
  const head = sizes.map(({ grants }) => `${count(grants)} grants beside ${count(smallest)}`)
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
