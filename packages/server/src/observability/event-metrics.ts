// Counts what the core tells: tokens, refreshes, sign-ins, rows that were cleaned up.

import type { Observer } from '../protocol/observer.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { remember } from './remember.ts'

export function createEventMetrics(metrics: MetricRegistry): Observer {
  const issued = metrics.counter('ostiary_tokens_issued_total')
  const refreshes = metrics.counter('ostiary_refreshes_total')
  const signIns = metrics.counter('ostiary_sign_ins_total')
  const lapsed = metrics.counter('ostiary_feed_followers_lapsed_total')
  const deleted = metrics.counter('ostiary_clean_up_deleted_rows_total')
  const backlog = metrics.gauge('ostiary_clean_up_backlog_rows')
  return {
    forTenant({ name: tenant, policy }) {
      const { format } = policy.accessToken
      const ofGrantType = remember((grant_type: string) =>
        issued.labels({ tenant, grant_type, format }),
      )
      const ofRefresh = remember((outcome: string) => refreshes.labels({ tenant, outcome }))
      const ofSignIn = remember((outcome: string) => signIns.labels({ tenant, outcome }))
      return {
        tokenIssued: (grantType) => ofGrantType(grantType).inc(),
        refreshed: (outcome) => ofRefresh(outcome).inc(),
        followersLapsed: (followers) => lapsed.labels({ tenant }).inc(followers),
        signInTried: (outcome) => ofSignIn(outcome).inc(),
      }
    },
    cleanedUp: (rows) => deleted.inc(rows),
    cleanUpBacklog: (rows) => backlog.set(rows),
  }
}
