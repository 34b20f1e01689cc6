// A form that is sent twice does what it asks for once. One that was corrected counts again, also where somebody went
// back to the page to do so.

import type { Clock } from '../platform/clock.ts'
import { digestOf } from '../platform/hash.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'

export interface SentForm {
  /** Of the page that it was on. */
  readonly formId: string
  readonly fields: readonly string[]
}

/** @returns whether it is the first with these fields from that page */
export async function isSentFirst(
  { formId, fields }: SentForm,
  {
    tenant,
    store,
    clock,
  }: {
    readonly tenant: Tenant
    readonly store: Pick<Store, 'claimOnce'>
    readonly clock: Clock
  },
): Promise<boolean> {
  return store.claimOnce({
    tenant: tenant.name,
    purpose: 'form',
    id: digestOf(formId, ...fields),
    // By then its session is over.
    expiresAtSeconds: clock.nowSeconds() + tenant.policy.session.absoluteSeconds,
  })
}
