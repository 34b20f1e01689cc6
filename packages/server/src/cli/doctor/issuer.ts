// Looks at each issuer from outside: whether its metadata arrives unchanged through the proxy, and at its clock.

import {
  type Arrival,
  EXAMINATION_HEADER,
  type Examiner,
  questionOf,
  readArrival,
} from '../../http/examination.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Tenant } from '../../protocol/tenant.ts'
import { reasonOf } from '../failure.ts'
import { type Finding, well, wrong } from './finding.ts'

const TIMEOUT_MS = 5_000
/** More than this, and tokens that were just issued are not valid yet elsewhere. */
const MAX_SKEW_SECONDS = 30

interface Instruments {
  readonly clock: Clock
  /** undefined when there is no usable master key. */
  readonly examiner: Examiner | undefined
}

export async function checkIssuer(
  tenant: Tenant,
  instruments: Instruments,
): Promise<readonly Finding[]> {
  const { clock, examiner } = instruments
  const url = `${tenant.issuer}${METADATA}`
  const question = examiner && questionOf(examiner, clock.nowSeconds())
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(question !== undefined && { headers: { [EXAMINATION_HEADER]: question } }),
    })
    const metadata = await readMetadata(response, { tenant, url, clock })
    const answer = response.headers.get(EXAMINATION_HEADER)
    const arrival = examiner && readArrival(examiner, answer)
    return arrival === undefined ? [metadata] : [metadata, ...checkArrival(arrival, tenant)]
  } catch (error) {
    const fix = 'start the server, and check name, proxy and certificate of the issuer'
    return [wrong(subjectOf(tenant), `${url} cannot be read: ${reasonOf(error)}`, fix)]
  }
}

const METADATA = '/.well-known/oauth-authorization-server'
const subjectOf = ({ name }: Tenant) => `Issuer of ${name}`

/** How the request came to the server, as far as it is not as the issuer says. */
function checkArrival(arrival: Arrival, { name, issuer }: Tenant): readonly Finding[] {
  const { address, claimsProxy, host, path, protocol } = arrival
  const subject = `Proxy of ${name}`
  const expected = new URL(`${issuer}${METADATA}`)
  const findings: Finding[] = []
  if (claimsProxy) {
    const what = `passes requests on from ${address}, which is not trusted: all who come through it share one address, and its limits`
    findings.push(wrong(subject, what, `name it in server.trustedProxies: ["${address}"]`))
  }
  if (host !== expected.host) {
    const what = `passes on the host ${host}, and the issuer has ${expected.host}`
    findings.push(wrong(subject, what, 'let it pass the Host header as it came'))
  }
  if (path !== expected.pathname) {
    const what = `passes ${expected.pathname} on as ${path}`
    findings.push(wrong(subject, what, 'let it pass the path as it came, or correct the issuer'))
  }
  if (protocol !== undefined && `${protocol}:` !== expected.protocol) {
    const what = `says that requests come by ${protocol}, and the issuer by ${expected.protocol}`
    findings.push(wrong(subject, what, 'let it set X-Forwarded-Proto, or correct the issuer'))
  }
  return findings.length > 0 ? findings : [well(subject, 'requests arrive as the issuer says')]
}

async function readMetadata(
  response: Response,
  { tenant, url, clock }: { tenant: Tenant; url: string; clock: Clock },
): Promise<Finding> {
  const subject = subjectOf(tenant)
  if (!response.ok) {
    const fix = 'let the proxy pass every path below the issuer to the server'
    return wrong(subject, `${url} answers ${response.status}`, fix)
  }
  return checkMetadata(subject, await response.json(), { tenant, response, clock })
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
