// Which app calls which version of the API, and how often.

import { publishApiVersions } from '@ostiary/resource/api-versions'
import { dayOf } from '../protocol/day.ts'
import { walk } from '../store/walk.ts'
import { type OperationContext, refusal } from './operation.ts'
import { findRegisteredClient } from './registered-client.ts'

/** Counts of earlier days are not kept. */
const MAX_DAYS = 400
const DAY_SECONDS = 86_400

/** What one app has called of one version. */
export interface VersionUsage {
  readonly clientId: string
  readonly version: string
  /** As it stands today; null when it is no version of the tenant any more. */
  readonly state: string | null
  readonly calls: number
  /** `2026-11-21`, UTC. */
  readonly lastDay: string
}

export interface VersionUsageQuery {
  /** undefined for all apps. */
  readonly clientId?: string | undefined
  /** Today and the days before it. */
  readonly days: number
}

/** @throws OperationError when there is no such app, or the number of days makes no sense */
export async function* listVersionUsage(
  { clientId, days }: VersionUsageQuery,
  context: OperationContext,
): AsyncGenerator<VersionUsage> {
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw refusal('days', `must be a whole number from 1 to ${MAX_DAYS}`)
  }
  const { tenant, store, clock } = context
  const found = clientId === undefined ? null : await findRegisteredClient(clientId, context)
  const now = clock.nowSeconds()
  const fromDay = dayOf(now - (days - 1) * DAY_SECONDS)
  const of = { tenant: tenant.name, clientId: found?.client.id ?? null, fromDay }
  const published = tenant.apiVersions && publishApiVersions(tenant.apiVersions, now)
  const states = new Map(published?.versions.map(({ version, state }) => [version, state]))
  for await (const use of walk((page) => store.listVersionUses(of, page))) {
    const { version, calls, lastDay } = use
    yield { clientId: use.clientId, version, state: states.get(version) ?? null, calls, lastDay }
  }
}
