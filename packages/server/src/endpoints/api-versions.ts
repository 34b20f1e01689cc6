// The versions of the tenant's API: published for the API that serves them and for whoever calls it, and what the
// authorization endpoint goes by when a request names one.

import {
  type ApiVersions,
  formatApiVersions,
  publishApiVersions,
} from '@ostiary/resource/api-versions'
import type { Clock } from '../platform/clock.ts'
import { dayOf } from '../protocol/day.ts'
import { asClientId } from '../protocol/ids.ts'
import type { Endpoint, Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'

const MAX_AGE_SECONDS = 60

export interface PublishedVersions {
  /** As they stand now. */
  published(): ApiVersions
  /** An app has named a version that it was given. No request waits for the count, and none fails with it. */
  recordUse(clientId: string, version: string, log: Log): void
}

/** @returns undefined for a tenant whose API has no versions */
export function createPublishedVersions({
  tenant: { name: tenant, apiVersions },
  store,
  clock,
}: {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'recordVersionUses'>
  readonly clock: Clock
}): PublishedVersions | undefined {
  if (!apiVersions) return undefined
  return {
    published: () => publishApiVersions(apiVersions, clock.nowSeconds()),
    recordUse(id, version, log) {
      const day = dayOf(clock.nowSeconds())
      const use = { tenant, clientId: asClientId(id), version, day, calls: 1 }
      store.recordVersionUses({ batch: null, uses: [use] }).catch((error: unknown) => {
        log.warn({ err: error }, 'could not record the use of an API version')
      })
    },
  }
}

export function createApiVersionsEndpoint({ published }: PublishedVersions): Endpoint {
  const headers = { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` }
  return async () => ({ kind: 'json', status: 200, body: formatApiVersions(published()), headers })
}
