// The part of a list that a statement reads: it finds its place by a key, so that a late part costs no more than the first.

import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { MOST_LISTED } from '../limits.ts'
import type { ByAge, Page } from '../port/page.ts'
import { kindOf } from './statement.ts'

/** What a statement is given for each column of the key. */
type Place = `after${number}`

export type PageInput = { readonly limit: number } & Readonly<Record<Place, string | number>>

export interface Listing<Key> {
  input(page?: Page<Key>): PageInput
  /** The query in the order of the list, as far as it belongs to the part. */
  part<DB, Tables extends keyof DB, Row>(
    query: SelectQueryBuilder<DB, Tables, Row>,
    input: PageInput,
  ): SelectQueryBuilder<DB, Tables, Row>
}

/** @param key columns that together tell one item of the list from all others, the one that decides first in front */
export function listedBy<Key>(
  key: readonly (keyof Key & string)[],
  direction: 'asc' | 'desc' = 'asc',
): Listing<Key> {
  const columns = key.map((name, at) => {
    const place: Place = `after${at}`
    return { name, place, isNumber: kindOf(name) === 'number' }
  })
  if (direction === 'desc' && columns[0]?.isNumber !== true) {
    throw new TypeError('no text comes after all others, so a list cannot begin with it')
  }
  const beforeAll = direction === 'asc' ? -1 : Number.MAX_SAFE_INTEGER
  return {
    input: ({ limit, after } = { limit: MOST_LISTED }) => {
      const values = columns.map(({ name, place, isNumber }) => {
        // What is not set is kept as an empty text where it is part of a key.
        const value = after?.[name] as string | number | null | undefined
        return [place, value ?? (isNumber ? beforeAll : '')]
      })
      return { ...Object.fromEntries(values), limit }
    },
    part: (query, input) => {
      const names = sql.join(columns.map(({ name }) => sql.ref(name)))
      const values = sql.join(
        // PostgreSQL would take a bare number for 32 bits wide.
        columns.map(({ place, isNumber }) =>
          isNumber ? sql`cast(${input[place]} as bigint)` : sql`${input[place]}`,
        ),
      )
      const isAfter = sql.raw(direction === 'asc' ? '>' : '<')
      let part = query.where(sql<SqlBool>`(${names}) ${isAfter} (${values})`).limit(input.limit)
      for (const { name } of columns) part = part.orderBy(sql.ref(name), direction)
      return part
    },
  }
}

export const OLDEST_FIRST = listedBy<ByAge>(['createdAtSeconds', 'id'])
export const NEWEST_FIRST = listedBy<ByAge>(['createdAtSeconds', 'id'], 'desc')
