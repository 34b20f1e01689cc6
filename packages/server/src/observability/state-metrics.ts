// What is read at the moment of a scrape, from memory alone: how full the queues are, how old the keys, what the store has done.

import type { AdmissionState } from '../http/admission.ts'
import type { ConnectionState } from '../http/connections.ts'
import type { QueueState } from '../platform/queue.ts'
import type { StoreLoad } from '../store/port.ts'
import type { MetricRegistry } from './metric-registry.ts'

/** Where the numbers come from. */
export interface Sources {
  readonly admission: () => AdmissionState
  readonly connections: () => ConnectionState
  readonly heldRequests: () => number
  readonly isToldOfFeeds: () => boolean
  readonly passwords: () => QueueState
  readonly store: () => StoreLoad
  readonly lagMilliseconds: () => number
  readonly keyAges: () => readonly KeyAge[]
}

export interface KeyAge {
  readonly tenant: string
  readonly api: string
  readonly algorithm: string
  readonly seconds: number
}

export function readAtScrape(metrics: MetricRegistry, sources: Sources): void {
  readServer(metrics, sources)
  readConnections(metrics, sources.connections)
  readStore(metrics, sources.store)
  const keyAge = metrics.gauge('ostiary_signing_key_age_seconds')
  metrics.atScrape('ostiary_signing_key_age_seconds', () => {
    for (const { seconds, ...labels } of sources.keyAges()) {
      keyAge.set({ ...labels }, seconds)
    }
  })
}

function readServer(
  metrics: MetricRegistry,
  { admission, heldRequests, isToldOfFeeds, passwords, lagMilliseconds }: Sources,
): void {
  const inFlight = metrics.gauge('ostiary_http_requests_in_flight')
  metrics.atScrape('ostiary_http_requests_in_flight', () => inFlight.set(admission().inFlight))
  const turnedAway = metrics.counter('ostiary_http_requests_turned_away_total')
  metrics.atScrape('ostiary_http_requests_turned_away_total', () => {
    turnedAway.reset()
    const causes = Object.entries(admission().turnedAway)
    for (const [cause, requests] of causes) turnedAway.inc({ cause }, requests)
  })
  const held = metrics.gauge('ostiary_feed_requests_held')
  metrics.atScrape('ostiary_feed_requests_held', () => held.set(heldRequests()))
  const told = metrics.gauge('ostiary_feed_told')
  metrics.atScrape('ostiary_feed_told', () => told.set(Number(isToldOfFeeds())))
  const lag = metrics.gauge('ostiary_event_loop_lag_seconds')
  metrics.atScrape('ostiary_event_loop_lag_seconds', () => lag.set(lagMilliseconds() / 1000))
  const checks = metrics.gauge('ostiary_password_checks')
  metrics.atScrape('ostiary_password_checks', () => {
    for (const [state, count] of Object.entries(passwords())) checks.set({ state }, count)
  })
}

function readConnections(metrics: MetricRegistry, connections: () => ConnectionState): void {
  const open = metrics.gauge('ostiary_http_connections')
  metrics.atScrape('ostiary_http_connections', () => open.set(connections().open))
  const closed = metrics.counter('ostiary_http_connections_closed_total')
  metrics.atScrape('ostiary_http_connections_closed_total', () => {
    closed.reset()
    for (const [cause, times] of Object.entries(connections().closed)) closed.inc({ cause }, times)
  })
}

function readStore(metrics: MetricRegistry, load: () => StoreLoad): void {
  const waiting = metrics.gauge('ostiary_store_waiting')
  metrics.atScrape('ostiary_store_waiting', () => waiting.set(load().waiting))
  const connections = metrics.gauge('ostiary_store_connections')
  metrics.atScrape('ostiary_store_connections', () => {
    for (const [state, count] of Object.entries(load().connections)) {
      connections.set({ state }, count)
    }
  })
  const commits = metrics.counter('ostiary_store_commits_total')
  metrics.atScrape('ostiary_store_commits_total', () => {
    commits.reset()
    commits.inc(load().groups.commits)
  })
  const transitions = metrics.counter('ostiary_store_committed_transitions_total')
  metrics.atScrape('ostiary_store_committed_transitions_total', () => {
    transitions.reset()
    transitions.inc(load().groups.transitions)
  })
}
