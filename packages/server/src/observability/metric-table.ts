// Every metric with its labels, as data: what is measured, what the manual says, and what boards may ask for. Each
// label has few values: tenants, routes and reasons are known, names of apps and people never are labels.

const LABELS = {
  tenant: 'name of the tenant; empty where there is none',
  route: 'path of the route as it is set up; `none` where no route is',
  method: 'HTTP method',
  status: 'HTTP status',
  reason: 'why, as in [Errors](errors.md) and in the log',
  cause: '`in_flight` (too many at once) or `event_loop` (too slow)',
  closing:
    '`idle` (to make room for a new one), `too_many` (there was none) or `pipelining` (more requests ahead of their answers than may wait)',
  grant_type:
    '`grant_type` of the request; `implicit` from the authorization endpoint, `application_key` from that of `crm-com`',
  format: '`jwt` or `opaque`',
  refresh:
    '`rotated`, `renewed` (not rotated), `retried` (the same answer again), `reused` (its grant has ended), or why not',
  sign_in: '`signed_in`, `wrong_credentials` or `locked`',
  call: 'method of the store, in `packages/server/src/store/port.ts`',
  connection: '`busy` or `idle`',
  work: '`running` or `waiting`',
  algorithm: 'what the keys sign with',
  api: 'audience of the API whose keys they are; empty where all share theirs',
} as const

type Kind = 'counter' | 'gauge' | 'histogram'

export interface MetricEntry {
  readonly kind: Kind
  readonly help: string
  /** Name of the label -> its meaning. */
  readonly labels: Readonly<Record<string, string>>
  /** What one number of several processes means; the sum when not said. */
  readonly together?: 'max'
}

const { tenant, route, method, status, reason } = LABELS

export const METRICS = {
  ostiary_http_requests_total: {
    kind: 'counter',
    help: 'Requests that were answered.',
    labels: { tenant, route, method, status },
  },
  ostiary_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the head of a request to the end of its answer.',
    labels: { tenant, route },
  },
  ostiary_http_requests_in_flight: {
    kind: 'gauge',
    help: 'Requests that are being worked on.',
    labels: {},
  },
  ostiary_http_requests_turned_away_total: {
    kind: 'counter',
    help: 'Requests that admission control answered with 503 at once.',
    labels: { cause: LABELS.cause },
  },
  ostiary_feed_requests_held: {
    kind: 'gauge',
    help: 'Requests for the feed of revocations that wait for news. Their waiting counts in no other metric.',
    labels: {},
  },
  ostiary_feed_told: {
    kind: 'gauge',
    help: 'Processes that PostgreSQL tells at once of what others revoke. Where requests are held and it is 0, they look for it ten times a second.',
    labels: {},
  },
  ostiary_feed_followers_lapsed_total: {
    kind: 'counter',
    help: 'APIs that did not confirm a revocation within the second for which its answer waits (`policy.revocationWaitsForApis`); each counts once until it confirms one in time.',
    labels: { tenant },
  },
  ostiary_http_connections: {
    kind: 'gauge',
    help: 'Open connections, those on which nothing is under way included.',
    labels: {},
  },
  ostiary_http_connections_closed_total: {
    kind: 'counter',
    help: 'Connections that were closed to protect the others.',
    labels: { cause: LABELS.closing },
  },
  ostiary_refusals_total: {
    kind: 'counter',
    help: 'Requests that were refused, or failed (reason `unexpected`).',
    labels: { tenant, route, reason },
  },
  ostiary_tokens_issued_total: {
    kind: 'counter',
    help: 'Answers that gave an access token, those to a retry included.',
    labels: { tenant, grant_type: LABELS.grant_type, format: LABELS.format },
  },
  ostiary_refreshes_total: {
    kind: 'counter',
    help: 'Refresh tokens that an app presented as its own.',
    labels: { tenant, outcome: LABELS.refresh },
  },
  ostiary_sign_ins_total: {
    kind: 'counter',
    help: 'Passwords that were tried, at a page or in the password grant.',
    labels: { tenant, outcome: LABELS.sign_in },
  },
  ostiary_password_checks: {
    kind: 'gauge',
    help: 'Passwords that are being hashed, and those that wait for their turn.',
    labels: { state: LABELS.work },
  },
  ostiary_signing_key_age_seconds: {
    kind: 'gauge',
    help: 'For how long the current signing key has signed.',
    labels: { tenant, api: LABELS.api, algorithm: LABELS.algorithm },
    together: 'max',
  },
  ostiary_store_call_duration_seconds: {
    kind: 'histogram',
    help: 'Time of a call to the database, the wait for its commit or connection included.',
    labels: { call: LABELS.call },
  },
  ostiary_store_failures_total: {
    kind: 'counter',
    help: 'Calls that the database could not answer.',
    labels: { call: LABELS.call },
  },
  ostiary_store_slow_calls_total: {
    kind: 'counter',
    help: 'Calls that took longer than `management.slowCallMilliseconds`; each is logged.',
    labels: { call: LABELS.call },
  },
  ostiary_store_waiting: {
    kind: 'gauge',
    help: 'Calls that wait for the next commit (SQLite) or for a connection (PostgreSQL).',
    labels: {},
  },
  ostiary_store_connections: {
    kind: 'gauge',
    help: 'Connections to the database.',
    labels: { state: LABELS.connection },
  },
  ostiary_store_commits_total: {
    kind: 'counter',
    help: 'Commits of SQLite, each of a group of transitions.',
    labels: {},
  },
  ostiary_store_committed_transitions_total: {
    kind: 'counter',
    help: 'Transitions in those commits: divided by them, the size of a group.',
    labels: {},
  },
  ostiary_clean_up_deleted_rows_total: {
    kind: 'counter',
    help: 'Rows that had expired and were deleted.',
    labels: {},
  },
  ostiary_clean_up_backlog_rows: {
    kind: 'gauge',
    help: 'Rows that have expired and wait for that; counted up to 20,000 in a table, once a minute.',
    labels: {},
  },
  ostiary_event_loop_lag_seconds: {
    kind: 'gauge',
    help: 'How late the event loop has been for two tenths of a second: what admission control looks at.',
    labels: {},
    together: 'max',
  },
} as const satisfies Readonly<Record<string, MetricEntry>>

export type MetricName = keyof typeof METRICS

/** Names of the metrics of one kind. */
export type NameOf<Wanted extends Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Wanted ? Name : never
}[MetricName]
