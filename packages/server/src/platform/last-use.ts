// When a credential was last used is for people: a minute's resolution, and never a reason to wait or to fail.

import type { Log } from '../protocol/message.ts'

const RESOLUTION_SECONDS = 60

export interface Used {
  readonly lastUsedAtSeconds: number | null
  /** Stores that it was used now. */
  record(): Promise<void>
}

export function noteUses(
  used: readonly Used[],
  { nowSeconds, log }: { readonly nowSeconds: number; readonly log: Log },
): void {
  const due = used.filter(
    ({ lastUsedAtSeconds: last }) => last === null || nowSeconds - last >= RESOLUTION_SECONDS,
  )
  if (due.length === 0) return
  Promise.all(due.map((each) => each.record())).catch((error: unknown) => {
    log.warn({ err: error }, 'could not record that a credential was used')
  })
}
