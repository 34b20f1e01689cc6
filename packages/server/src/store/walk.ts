// Reads lists part by part, so that nothing holds all of a long one and others get their turn in between.

import { MOST_LISTED } from './limits.ts'
import type { Page } from './port/page.ts'

/** What tells a place in it is for the list to know; each of its items does. */
type List<Item> = (page: Page<never>) => Promise<readonly Item[]>

/** @param limit how many are wanted at most */
export async function* walk<Item>(list: List<Item>, limit = Infinity): AsyncGenerator<Item> {
  let left = limit
  for (let after: Item | undefined; left > 0; ) {
    const wanted = Math.min(left, MOST_LISTED)
    const items = await list({ limit: wanted, after: after as never })
    yield* items
    if (items.length < wanted) return
    left -= items.length
    after = items.at(-1)
  }
}

/** The first so many of a list, and whether there are more. */
export async function firstOf<Item>(
  items: AsyncIterable<Item>,
  limit: number,
): Promise<{ readonly items: readonly Item[]; readonly hasMore: boolean }> {
  const first: Item[] = []
  for await (const item of items) {
    if (first.length === limit) return { items: first, hasMore: true }
    first.push(item)
  }
  return { items: first, hasMore: false }
}
