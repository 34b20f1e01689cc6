// Notices an app that sends one PKCE challenge for every user: it then binds no code to anybody (RFC 9700 §2.1.1). Who
// opens a link again repeats its challenge rightly, so users are counted, not requests, and signed-in ones alone: a
// stranger could else make up the event, and with it hide the real one. It is told once a day for an app, by
// whichever process.

import type { Clock } from '../platform/clock.ts'
import { dayOf } from '../protocol/day.ts'
import type { UserId } from '../protocol/ids.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AuthorizationRequest } from './request.ts'

export interface ChallengeWatchDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'claimOnce'>
  readonly clock: Clock
}

export interface Sighting {
  readonly request: Pick<AuthorizationRequest, 'client' | 'challenge'>
  /** Who has signed in. */
  readonly userId: UserId
  readonly requestId: string
  readonly log: Log
}

const TELLING_USERS = 3
const MAX_APPS = 1000
const DAY_SECONDS = 86_400

/** Refuses nothing: the app is for its developer to mend, and its users cannot. */
export function createChallengeWatch(
  deps: ChallengeWatchDeps,
): (sighting: Sighting) => Promise<void> {
  const latest = new Map<string, { challenge: string; users: Set<UserId> }>()
  /** The day on which an app was told of: until the next one it costs nothing any more. */
  const told = new Map<string, string>()

  return async ({ request: { client, challenge }, userId, requestId, log }) => {
    const nowSeconds = deps.clock.nowSeconds()
    const today = dayOf(nowSeconds)
    if (challenge === undefined || told.get(client.id) === today) return
    const known = latest.get(client.id)
    const users = known?.challenge === challenge.value ? known.users : new Set<UserId>()
    // Moves to the end: the app that was quiet for longest is the first to be forgotten.
    latest.delete(client.id)
    latest.set(client.id, { challenge: challenge.value, users: users.add(userId) })
    if (latest.size > MAX_APPS) latest.delete(latest.keys().next().value ?? '')
    if (users.size < TELLING_USERS) return

    latest.delete(client.id)
    told.set(client.id, today)
    const { name: tenant } = deps.tenant
    const ofToday = {
      tenant,
      purpose: 'repeated challenge',
      id: `${client.id} ${today}`,
      expiresAtSeconds: nowSeconds + 2 * DAY_SECONDS,
    }
    const isFirst = await deps.store.claimOnce(ofToday, {
      tenant,
      atSeconds: nowSeconds,
      action: 'pkce_challenge.repeated',
      actor: 'system',
      target: `client:${client.id}`,
      requestId,
    })
    if (isFirst) {
      log.warn({ client: client.id }, 'an app sends the same code_challenge for different users')
    }
  }
}
