// The plan that settles a try, and what the audit trail is told of it. Whoever fails has proven nothing: so the trail takes
// so much of a tenant's strangers and no more, and then says how much it did not take.

import { sql } from 'kysely'
import { MOST_STRANGERS_EVENTS, STRANGERS_EVENTS_WINDOW_SECONDS } from '../limits.ts'
import type { Allowance, GuessStore, StrangersEvent } from '../port/guessing.ts'
import { insertAuditEvent } from './audit-events.ts'
import { countFailure, failPlace, giveBackPlace, placeOf } from './guesses.ts'
import { call, finishWith, first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type Settling = Parameters<GuessStore['settleTry']>[0]

export function* settleTry({ allowances, event, ...context }: Settling): Plan<readonly number[]> {
  const isFailure = context.result === 'failed'
  const places = allowances.map((allowance) => placeOf(allowance, context))
  const calls = places.map((place) => call(isFailure ? failPlace : giveBackPlace, place))
  const isToldOf = isFailure && event !== undefined
  const rows = yield { calls, last: !isToldOf }
  const failures = rows.map(([row]) => (row as { failures: number } | undefined)?.failures ?? 0)
  const isSpent = allowances.some(({ failures: allowed }, at) => failures[at] === allowed)
  if (isToldOf && isSpent) yield* tellWithinQuota(event, context.nowSeconds)
  return failures
}

const WINDOW = { windowSeconds: STRANGERS_EVENTS_WINDOW_SECONDS, thenEverySeconds: 0 }
/** Of what one source does to one account. */
const ONE = 'event'
/** Of all together: it goes on counting when it is used up. */
const ALL = 'events'
const QUOTA: Allowance = { purpose: ALL, slot: '', failures: MOST_STRANGERS_EVENTS, ...WINDOW }

function* tellWithinQuota({ slot, record }: StrangersEvent, nowSeconds: number): Plan<void> {
  const { tenant } = record
  const allowance = { purpose: ONE, slot, failures: 1, ...WINDOW }
  if ('spentForSeconds' in (yield* countFailure({ tenant, nowSeconds, allowance }))) return
  yield* tellLeftOut(yield* run(endQuotaOfTenant, { tenant, nowSeconds }), nowSeconds)
  const counted = yield* first(failPlace, placeOf(QUOTA, { tenant, nowSeconds }))
  if (counted === undefined || counted.failures > MOST_STRANGERS_EVENTS) return
  yield* finishWith([call(insertAuditEvent, record)])
}

interface Overdrawn {
  readonly tenant: string
  readonly failures: number
  readonly allowed: number
}

/** A window that is over and has left something out goes with what is told of it, so that it is told once. */
const IS_OVERDRAWN = sql`purpose = ${sql.lit(ALL)} and slot = '' and failures > allowed`
const RETURNING = sql`returning tenant, failures, allowed`

const endQuotaOfTenant = statement((db, p: { tenant: string; nowSeconds: number }) => {
  const query = sql<Overdrawn>`delete from guesses where tenant = ${p.tenant} and ${IS_OVERDRAWN}
    and window_ends_at_seconds <= ${p.nowSeconds} ${RETURNING}`
  return { compile: () => query.compile(db) }
})

const endQuotas = statement((db, p: { nowSeconds: number }) => {
  const query = sql<Overdrawn>`delete from guesses where window_ends_at_seconds <= ${p.nowSeconds}
    and ${IS_OVERDRAWN} ${RETURNING}`
  return { compile: () => query.compile(db) }
})

/** Of the tenants where no stranger has come since. @returns of how many there was something to tell */
export function* tellAllLeftOut(nowSeconds: number): Plan<number> {
  const overdrawn = yield* run(endQuotas, { nowSeconds })
  yield* tellLeftOut(overdrawn, nowSeconds)
  return overdrawn.length
}

function* tellLeftOut(overdrawn: readonly Overdrawn[], nowSeconds: number): Plan<void> {
  for (const { tenant, failures, allowed } of overdrawn) {
    yield* run(insertAuditEvent, {
      ...{ tenant, atSeconds: nowSeconds, action: 'audit_event.left_out', actor: 'system' },
      ...{ target: `count:${failures - allowed}`, requestId: null },
    })
  }
}
