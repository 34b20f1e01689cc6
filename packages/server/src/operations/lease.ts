// The right to do what one process at a time should do. It is held by doing the work in time: a process that dies, or
// hangs, loses it without anybody's help. Losing it halfway does no harm, for the store guards each step by itself.

import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/random.ts'
import type { LeaseStore } from '../store/port/process.ts'

export interface Lease {
  /** Takes it, or holds it for longer. @returns false while another process has it */
  hold(): Promise<boolean>
  /** For whoever comes next, who need not wait for its end. */
  giveBack(): Promise<void>
}

export function createLease(
  { task, seconds }: { readonly task: string; readonly seconds: number },
  { store, clock }: { readonly store: LeaseStore; readonly clock: Clock },
): Lease {
  const holder = newId()
  return {
    hold() {
      const nowSeconds = clock.nowSeconds()
      return store.takeLease({ task, holder, nowSeconds, endsAtSeconds: nowSeconds + seconds })
    },
    async giveBack() {
      await store.endLease(task, holder)
    },
  }
}
