// Owns the question whether an app may still use what RFC 9700 forbids, and counts that it did. What it may use is
// declared by the contract and switched on for the app until a date. Must not know HTTP or grants.

import type { Clock } from '../platform/clock.ts'
import {
  type Allowance,
  type CountedUse,
  LONGEST_ACCESS_TOKEN_SECONDS,
} from '../protocol/allowance.ts'
import { dayOf } from '../protocol/day.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { ClientRecord } from '../store/records.ts'
import type { UseCounter } from './use-counter.ts'

export interface LegacyDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'claimOnce'>
  readonly clock: Clock
  readonly uses: UseCounter
}

/** A request that uses something legacy. */
export interface LegacyUse {
  readonly client: ClientRecord
  readonly requestId: string
  readonly log: Log
}

/** @throws OAuthError legacy_not_allowed, legacy_ended */
export async function checkAllowance(
  allowance: Allowance,
  use: LegacyUse,
  deps: LegacyDeps,
): Promise<void> {
  const state = stateOf(allowance, use.client, deps)
  if (state === 'ended') await recordRefusal(allowance, use, deps)
  if (state === 'granted') return
  const reason = state === 'ended' ? 'legacy_ended' : 'legacy_not_allowed'
  throw new OAuthError(reason, { parameter: allowance })
}

/** Checks, and counts one use. @throws OAuthError legacy_not_allowed, legacy_ended */
export async function spendAllowance(
  allowance: Allowance,
  use: LegacyUse,
  deps: LegacyDeps,
): Promise<void> {
  await checkAllowance(allowance, use, deps)
  countUse(allowance, use.client, deps)
}

export function countUse(
  allowance: CountedUse,
  { id }: Pick<ClientRecord, 'id'>,
  { tenant, clock, uses }: LegacyDeps,
): void {
  uses.add({ tenant: tenant.name, clientId: id, allowance, day: dayOf(clock.nowSeconds()) })
}

/** How long an access token for this app lives. There is nothing to refuse: without the allowance it is shorter. */
export async function accessTokenLifetime(use: LegacyUse, deps: LegacyDeps): Promise<number> {
  const { lifetimeSeconds } = deps.tenant.policy.accessToken
  if (lifetimeSeconds <= LONGEST_ACCESS_TOKEN_SECONDS) return lifetimeSeconds
  const state = stateOf('long-access-token', use.client, deps)
  if (state === 'ended') await recordRefusal('long-access-token', use, deps)
  if (state !== 'granted') return LONGEST_ACCESS_TOKEN_SECONDS
  countUse('long-access-token', use.client, deps)
  return lifetimeSeconds
}

function stateOf(
  allowance: Allowance,
  client: ClientRecord,
  { tenant, clock }: LegacyDeps,
): 'granted' | 'ended' | 'absent' {
  const granted = client.allowances.find(({ name }) => name === allowance)
  // The contract may have changed since: what it does not declare, nobody has.
  if (!granted || tenant.rules.allowances[allowance] === undefined) return 'absent'
  return clock.nowSeconds() < granted.endsAtSeconds ? 'granted' : 'ended'
}

const DAY_SECONDS = 86_400

/** Once a day per app is enough to act on, and no flood. */
async function recordRefusal(
  allowance: Allowance,
  { client, requestId, log }: LegacyUse,
  { tenant, store, clock }: LegacyDeps,
): Promise<void> {
  const now = clock.nowSeconds()
  const ofToday = {
    tenant: tenant.name,
    purpose: 'legacy refusal',
    id: `${client.id} ${allowance} ${dayOf(now)}`,
    expiresAtSeconds: now + 2 * DAY_SECONDS,
  }
  const first = await store.claimOnce(ofToday, {
    tenant: tenant.name,
    atSeconds: now,
    action: 'legacy_allowance.ended',
    actor: `client:${client.id}`,
    target: `allowance:${allowance}`,
    requestId,
  })
  if (first) log.warn({ client: client.id, allowance }, 'legacy allowance has ended')
}
