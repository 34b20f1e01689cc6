// What the end of a user, an app, a key or a grant is told to the store, whoever ends it.

import type { Clock } from '../platform/clock.ts'
import { newRevocationTag } from '../platform/random.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Ending, HolderEnding } from '../store/port.ts'

interface EndingDeps {
  readonly tenant: Tenant
  readonly clock: Clock
}

/** Of a grant, at this moment. */
export function endingNow({ tenant, clock }: EndingDeps): Ending {
  return { tenant: tenant.name, nowSeconds: clock.nowSeconds() }
}

/** Of what all tokens of an app, a key, an issuer or a user hang on. */
export function holderEndingNow(deps: EndingDeps): HolderEnding {
  const { names } = deps.tenant.rules.jwt
  return { ...endingNow(deps), newTag: newRevocationTag(), tokensName: names }
}
