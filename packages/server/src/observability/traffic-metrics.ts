// Counts requests. What is counted for a route is looked up when the route is set up, and for a status when that
// comes up for the first time, so that a request costs three additions.

import type { RouteObserver, TrafficObserver } from '../http/traffic.ts'
import type { MetricRegistry } from './metric-registry.ts'
import { remember } from './remember.ts'

export function createTrafficMetrics(metrics: MetricRegistry): TrafficObserver {
  const requests = metrics.counter('ostiary_http_requests_total')
  const durations = metrics.histogram('ostiary_http_request_duration_seconds')
  const refusals = metrics.counter('ostiary_refusals_total')
  return {
    forRoute(tenant, route): RouteObserver {
      const duration = durations.labels({ tenant, route })
      const ofMethod = remember((method: string) =>
        remember((status: number) => requests.labels({ tenant, route, method, status })),
      )
      const ofReason = remember((reason: string) => refusals.labels({ tenant, route, reason }))
      return {
        answered(method, status, milliseconds) {
          ofMethod(method)(status).inc()
          duration.observe(milliseconds / 1000)
        },
        refused(reason) {
          ofReason(reason).inc()
        },
      }
    },
  }
}
