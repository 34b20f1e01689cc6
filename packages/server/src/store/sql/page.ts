// The part of a list that a statement reads: it finds its place by a key, so that a late part costs no more than the first.

import { type SqlBool, sql } from 'kysely'
import { MOST_LISTED } from '../limits.ts'
import type { ByAge, Page } from '../port/page.ts'

export interface PageInput {
  readonly limit: number
  readonly afterSeconds: number
  readonly afterId: string
}

export function pageByAge({ limit, after }: Page<ByAge> = { limit: MOST_LISTED }): PageInput {
  return { limit, afterSeconds: after?.createdAtSeconds ?? -1, afterId: after?.id ?? '' }
}

/** For lists of the oldest first. */
export function comesAfter({ afterSeconds, afterId }: PageInput) {
  return sql<SqlBool>`(created_at_seconds, id) > (cast(${afterSeconds} as bigint), ${afterId})`
}
