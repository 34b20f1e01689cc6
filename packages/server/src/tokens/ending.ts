// What the end of a user, an app, a key or a grant is told to the store, whoever ends it.

import type { Clock } from '../platform/clock.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Ending } from '../store/port.ts'

/** An ending at this moment. */
export function endingNow({
  tenant,
  clock,
}: {
  readonly tenant: Tenant
  readonly clock: Clock
}): Ending {
  return { tenant: tenant.name, nowSeconds: clock.nowSeconds() }
}
