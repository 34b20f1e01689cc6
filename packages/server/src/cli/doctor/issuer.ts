// Looks at each issuer from outside: whether its metadata arrives unchanged through the proxy, and at its clock.

import type { Clock } from '../../platform/clock.ts'
import type { Tenant } from '../../protocol/tenant.ts'
import { reasonOf } from '../failure.ts'
import { type Finding, well, wrong } from './finding.ts'

const TIMEOUT_MS = 5_000
/** More than this, and tokens that were just issued are not valid yet elsewhere. */
const MAX_SKEW_SECONDS = 30

export async function checkIssuer(tenant: Tenant, clock: Clock): Promise<Finding> {
  const subject = `Issuer of ${tenant.name}`
  const url = `${tenant.issuer}/.well-known/openid-configuration`
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok) {
      const fix = 'let the proxy pass every path below the issuer to the server'
      return wrong(subject, `${url} answers ${response.status}`, fix)
    }
    return checkMetadata(subject, await response.json(), { tenant, response, clock })
  } catch (error) {
    const fix = 'start the server, and check name, proxy and certificate of the issuer'
    return wrong(subject, `${url} cannot be read: ${reasonOf(error)}`, fix)
  }
}

function checkMetadata(
  subject: string,
  metadata: unknown,
  { tenant, response, clock }: { tenant: Tenant; response: Response; clock: Clock },
): Finding {
  const issuer =
    typeof metadata === 'object' && metadata && 'issuer' in metadata ? metadata.issuer : undefined
  // RFC 8414 §3.3: clients refuse metadata whose issuer is another.
  if (issuer !== tenant.issuer) {
    const fix = 'point that name at this server, or correct the issuer in the configuration'
    return wrong(subject, `says it is ${JSON.stringify(issuer)}, not ${tenant.issuer}`, fix)
  }
  const skewSeconds = skewOf(response, clock)
  if (Math.abs(skewSeconds) <= MAX_SKEW_SECONDS) return well(subject, `${tenant.issuer} answers`)
  const direction = skewSeconds > 0 ? 'behind' : 'ahead of'
  const detail = `this clock is ${Math.abs(skewSeconds)} seconds ${direction} that of the server`
  return wrong(subject, detail, 'keep both clocks right with NTP')
}

function skewOf(response: Response, clock: Clock): number {
  const theirs = Date.parse(response.headers.get('date') ?? '') / 1000
  return Number.isNaN(theirs) ? 0 : Math.round(theirs - clock.nowSeconds())
}
