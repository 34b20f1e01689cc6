// Reads lists to their end, part by part, so that others get their turn in between.

import { MOST_LISTED } from './limits.ts'
import type { ByAge, Page } from './port/page.ts'

type List<Item> = (page: Page<ByAge>) => Promise<readonly Item[]>

export async function* walk<Item extends ByAge>(list: List<Item>): AsyncGenerator<Item> {
  for (let after: Item | undefined; ; ) {
    const items = await list({ limit: MOST_LISTED, after })
    yield* items
    if (items.length < MOST_LISTED) return
    after = items.at(-1)
  }
}

/** @param limit how many are wanted at most */
export async function listAll<Item extends ByAge>(
  list: List<Item>,
  limit = Infinity,
): Promise<readonly Item[]> {
  const all: Item[] = []
  if (limit <= 0) return all
  for await (const item of walk(list)) if (all.push(item) >= limit) break
  return all
}
