// Notices an app that sends one PKCE challenge from every browser: it then binds no code to anybody (RFC 9700 §2.1.1).
// Who opens a link again repeats its challenge rightly, so browsers are counted, not requests. Each process
// remembers for itself, and tells once per app: strangers can make requests, and must not fill the audit trail.

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AuthorizationRequest } from './request.ts'

export interface ChallengeWatchDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'recordAuditEvent'>
  readonly clock: Clock
}

export interface Sighting {
  readonly request: Pick<AuthorizationRequest, 'client' | 'challenge'>
  /** Tells the browsers apart. */
  readonly browser: string
  readonly requestId: string
  readonly log: Log
}

const TELLING_BROWSERS = 3
const MAX_APPS = 1000

/** Refuses nothing: the app is for its developer to mend, and its users cannot. */
export function createChallengeWatch(
  deps: ChallengeWatchDeps,
): (sighting: Sighting) => Promise<void> {
  const latest = new Map<string, { challenge: string; browsers: Set<string> }>()
  const told = new Set<string>()

  return async ({ request: { client, challenge }, browser, requestId, log }) => {
    if (challenge === undefined || told.has(client.id)) return
    const known = latest.get(client.id)
    const browsers = known?.challenge === challenge.value ? known.browsers : new Set<string>()
    // Moves to the end: the app that was quiet for longest is the first to be forgotten.
    latest.delete(client.id)
    latest.set(client.id, { challenge: challenge.value, browsers: browsers.add(browser) })
    if (latest.size > MAX_APPS) latest.delete(latest.keys().next().value ?? '')
    if (browsers.size < TELLING_BROWSERS) return

    told.add(client.id)
    latest.delete(client.id)
    log.warn({ client: client.id }, 'an app sends the same code_challenge for different users')
    await deps.store.recordAuditEvent({
      tenant: deps.tenant.name,
      atSeconds: deps.clock.nowSeconds(),
      action: 'pkce_challenge.repeated',
      actor: `client:${client.id}`,
      target: `client:${client.id}`,
      requestId,
    })
  }
}
