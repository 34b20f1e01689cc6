// Plans that limit guessing, for all processes together. A place is taken before a check and settled after it: each is
// one statement with its guard, and all that one check needs are taken in one transaction, always in the same order of
// purposes, so that two of them cannot wait for each other.

import { type Kysely, type RawBuilder, sql } from 'kysely'
import type {
  Allowance,
  GuessStore,
  LockedSubject,
  LockedSubjectKey,
  SpentAllowance,
  TryOutcome,
  TryResult,
} from '../port/guessing.ts'
import type { Page } from '../port/page.ts'
import { listedBy, type PageInput } from './page.ts'
import { call, first, type Plan, run } from './plan.ts'
import type { Database } from './schema.ts'
import { type Statement, statement } from './statement.ts'

/** No check takes so long: a place that was not settled by then belonged to a process that is gone. */
const PENDING_SECONDS = 60

/** An allowance with the times that its statements compare, so that no database has to reckon with them. */
interface Place extends Allowance {
  readonly tenant: string
  readonly nowSeconds: number
  readonly windowEndsAtSeconds: number
  readonly pendingUntilSeconds: number
  /** Beyond the limit a check is free if the last one was by then; -1 when none is. */
  readonly checkedBySeconds: number
  readonly subject: string | null
  /** 0 or 1. */
  readonly forgets: number
}

export function placeOf(
  allowance: Allowance,
  { tenant, nowSeconds, subject = null, result }: PlaceContext,
  everySeconds = allowance.thenEverySeconds,
): Place {
  const windowEndsAtSeconds = nowSeconds + allowance.windowSeconds
  return {
    ...allowance,
    tenant,
    nowSeconds,
    windowEndsAtSeconds,
    pendingUntilSeconds: nowSeconds + PENDING_SECONDS,
    checkedBySeconds: everySeconds === 0 ? -1 : nowSeconds - everySeconds,
    subject,
    forgets: result === 'right' && allowance.endsWithSuccess ? 1 : 0,
  }
}

interface PlaceContext {
  readonly tenant: string
  readonly nowSeconds: number
  readonly subject?: string | null
  readonly result?: TryResult
}

type Raw<Row> = (place: Place) => RawBuilder<Row>

function raw<Row>(build: Raw<Row>): Statement<Place, Row> {
  return statement((db: Kysely<Database>, place: Place) => {
    const query = build(place)
    return { compile: () => query.compile(db) }
  })
}

const IS_OVER = sql`guesses.window_ends_at_seconds <= excluded.checked_at_seconds`
const PENDING = sql`case when guesses.pending_until_seconds <= excluded.checked_at_seconds then 0
  else guesses.pending end`

/** A window that is over makes way for a new one. */
const insertPlace = (
  p: Place,
  start: { failures: number; pending: number; spentUntil: RawBuilder<unknown> },
) => sql`
  insert into guesses (tenant, purpose, slot, failures, allowed, pending, pending_until_seconds,
    window_ends_at_seconds, checked_at_seconds, spent_until_seconds, subject)
  values (${p.tenant}, ${p.purpose}, ${p.slot}, ${sql.lit(start.failures)}, ${p.failures}, ${sql.lit(start.pending)},
    ${p.pendingUntilSeconds}, ${p.windowEndsAtSeconds}, ${p.nowSeconds}, ${start.spentUntil}, ${p.subject})`

const takePlace = raw<{ failures: number }>(
  (p) => sql`${insertPlace(p, { failures: 0, pending: 1, spentUntil: sql.lit(0) })}
  on conflict (tenant, purpose, slot) do update set
    failures = case when ${IS_OVER} then 0 else guesses.failures end,
    allowed = excluded.allowed,
    pending = case when ${IS_OVER} then 1 else ${PENDING} + 1 end,
    pending_until_seconds = excluded.pending_until_seconds,
    window_ends_at_seconds = case when ${IS_OVER} then excluded.window_ends_at_seconds
      else guesses.window_ends_at_seconds end,
    checked_at_seconds = excluded.checked_at_seconds,
    spent_until_seconds = case when ${IS_OVER} then 0 else guesses.spent_until_seconds end
  where ${IS_OVER} or guesses.failures + ${PENDING} < excluded.allowed
    or (guesses.failures >= excluded.allowed and guesses.checked_at_seconds <= ${p.checkedBySeconds})
  returning failures`,
)

interface Failure {
  readonly pending: RawBuilder<unknown>
  readonly spentUntil: { readonly first: RawBuilder<unknown>; readonly next: RawBuilder<unknown> }
}

const addFailure = (p: Place, { pending, spentUntil }: Failure) => sql`
  ${insertPlace(p, { failures: 1, pending: 0, spentUntil: spentUntil.first })}
  on conflict (tenant, purpose, slot) do update set
    failures = case when ${IS_OVER} then 1 else guesses.failures + 1 end,
    allowed = excluded.allowed,
    pending = case when ${IS_OVER} then 0 else ${pending} end,
    window_ends_at_seconds = case when ${IS_OVER} then excluded.window_ends_at_seconds
      else guesses.window_ends_at_seconds end,
    spent_until_seconds = case when ${IS_OVER} then excluded.spent_until_seconds
      else ${spentUntil.next} end,
    subject = coalesce(excluded.subject, guesses.subject)`

const ONE_LESS = sql`case when guesses.pending > 0 then guesses.pending - 1 else 0 end`

/** The check was made and failed. */
export const failPlace = raw<{ failures: number }>(
  (p) => sql`${addFailure(p, { pending: ONE_LESS, spentUntil: { first: sql`0`, next: sql`0` } })}
  returning failures`,
)

/** It did not fail, or was not made: as if the place had not been taken. */
export const giveBackPlace = raw<{ failures: number }>(
  (p) => sql`update guesses set
    failures = case when ${p.forgets} = 1 then 0 else failures end,
    pending = ${ONE_LESS},
    checked_at_seconds = case when failures >= allowed then 0 else checked_at_seconds end
  where tenant = ${p.tenant} and purpose = ${p.purpose} and slot = ${p.slot}
  returning failures`,
)

/** While a window runs, which is nearly always: the statement below costs twice as much. */
const countInWindow = raw<{ failures: number }>(
  (p) => sql`update guesses set
    failures = guesses.failures + 1,
    allowed = ${p.failures},
    spent_until_seconds = case when failures + 1 >= ${p.failures} then window_ends_at_seconds else 0 end
  where tenant = ${p.tenant} and purpose = ${p.purpose} and slot = ${p.slot}
    and window_ends_at_seconds > ${p.nowSeconds} and guesses.failures < ${p.failures}
  returning failures`,
)

/** With the last one that is allowed it is spent, and on the list of those that are. */
const countFailureOf = raw<{ failures: number }>(
  (p) => sql`${addFailure(p, {
    pending: sql`guesses.pending`,
    spentUntil: {
      first: sql`case when ${p.failures} <= 1 then cast(${p.windowEndsAtSeconds} as bigint) else 0 end`,
      next: sql`case when guesses.failures + 1 >= excluded.allowed
        then guesses.window_ends_at_seconds else 0 end`,
    },
  })}
  where ${IS_OVER} or guesses.failures < excluded.allowed
  returning failures`,
)

interface PlaceState {
  readonly failures: number
  readonly pending: number
  readonly pendingUntilSeconds: number
  readonly windowEndsAtSeconds: number
  readonly checkedAtSeconds: number
}

const selectPlace = raw<PlaceState>(
  (
    p,
  ) => sql`select failures, pending, pending_until_seconds, window_ends_at_seconds, checked_at_seconds
  from guesses where tenant = ${p.tenant} and purpose = ${p.purpose} and slot = ${p.slot}
    and window_ends_at_seconds > ${p.nowSeconds}`,
)

type TryInput = Parameters<GuessStore['reserveTry']>[0]

/**
 * Looks first, because most tries of a flood are refused and should write nothing. What the look allowed is then taken
 * one by one under its own guard; if somebody else was faster, all of it goes back.
 */
export function* reserveTry(input: TryInput): Plan<TryOutcome> {
  const seen = yield* selectPlaces(input)
  const hurdle = firstHurdle(input, seen)
  if (hurdle) return hurdle
  const places = placesOf(input, seen)
  const taken = (yield { calls: places.map((place) => call(takePlace, place)), last: false }).map(
    (rows) => rows.length > 0,
  )
  if (taken.every(Boolean)) return { outcome: 'reserved' }
  const back = places.filter((_place, at) => taken[at])
  if (back.length > 0) yield { calls: back.map((place) => call(giveBackPlace, place)), last: false }
  return firstHurdle(input, yield* selectPlaces(input)) ?? { outcome: 'busy' }
}

type Seen = readonly (PlaceState | undefined)[]

function* selectPlaces(input: TryInput): Plan<Seen> {
  const places = input.allowances.map((allowance) => placeOf(allowance, input))
  const rows = yield { calls: places.map((place) => call(selectPlace, place)), last: false }
  return rows.map(([row]) => row as PlaceState | undefined)
}

/** Those who have failed before make way for others, where an allowance says so. */
function placesOf({ allowances, ...context }: TryInput, seen: Seen): Place[] {
  let failing = false
  return allowances.map((allowance, at) => {
    const { thenEverySeconds, thenEverySecondsAfterFailures = thenEverySeconds } = allowance
    const every = failing ? thenEverySecondsAfterFailures : thenEverySeconds
    failing ||= (seen[at]?.failures ?? 0) > 0
    return placeOf(allowance, context, every)
  })
}

function firstHurdle(input: TryInput, seen: Seen): TryOutcome | undefined {
  for (const [at, place] of placesOf(input, seen).entries()) {
    const hurdle = hurdleOf(place, seen[at])
    if (hurdle) return hurdle
  }
  return undefined
}

function hurdleOf(place: Place, seen: PlaceState | undefined): TryOutcome | undefined {
  if (seen === undefined) return undefined
  const { nowSeconds, checkedBySeconds } = place
  const windowSeconds = seen.windowEndsAtSeconds - nowSeconds
  if (seen.failures >= place.failures) {
    if (seen.checkedAtSeconds <= checkedBySeconds) return undefined
    const checkSeconds = seen.checkedAtSeconds - checkedBySeconds
    const seconds = checkedBySeconds < 0 ? windowSeconds : Math.min(checkSeconds, windowSeconds)
    return { outcome: 'spent', seconds }
  }
  const pending = seen.pendingUntilSeconds <= nowSeconds ? 0 : seen.pending
  return seen.failures + pending < place.failures ? undefined : { outcome: 'busy' }
}

export function* countFailure({
  allowance,
  ...context
}: Parameters<GuessStore['countFailure']>[0]): Plan<
  { failures: number } | { spentForSeconds: number }
> {
  const place = placeOf(allowance, context)
  const counted = (yield* first(countInWindow, place)) ?? (yield* first(countFailureOf, place))
  if (counted) return counted
  const seen = yield* first(selectPlace, place)
  const until = seen?.windowEndsAtSeconds ?? context.nowSeconds + 1
  return { spentForSeconds: until - context.nowSeconds }
}

type Listed = PageInput & { nowSeconds: number }

const BY_END = listedBy<SpentAllowance>(['spentUntilSeconds', 'tenant', 'purpose', 'slot'])

const selectSpent = statement((db, p: Listed) =>
  BY_END.part(
    db
      .selectFrom('guesses')
      // In these words the index knows that the rows are in it.
      .where('spentUntilSeconds', '>', sql.lit(0))
      .where('spentUntilSeconds', '>', p.nowSeconds)
      .select(['tenant', 'purpose', 'slot', 'spentUntilSeconds']),
    p,
  ),
)

export const listSpentAllowances = (
  nowSeconds: number,
  page?: Page<SpentAllowance>,
): Plan<readonly SpentAllowance[]> => run(selectSpent, { nowSeconds, ...BY_END.input(page) })

const BY_SUBJECT = listedBy<LockedSubjectKey>(['subject', 'purpose'])

/** One row for all addresses, however many of them a stranger has. */
const selectLocked = statement((db, p: Listed & { tenant: string }) =>
  BY_SUBJECT.part(
    db
      .selectFrom('guesses')
      .where('tenant', '=', p.tenant)
      .where('subject', 'is not', null)
      .where('windowEndsAtSeconds', '>', p.nowSeconds)
      .whereRef('failures', '>=', 'allowed')
      .groupBy(['subject', 'purpose'])
      .select(({ fn, ref }) => [
        ref('subject').$notNull().as('subject'),
        'purpose',
        fn.max('failures').as('failures'),
        fn.max('windowEndsAtSeconds').as('windowEndsAtSeconds'),
      ]),
    p,
  ),
)

export const listLockedSubjects = (
  tenant: string,
  nowSeconds: number,
  page?: Page<LockedSubjectKey>,
): Plan<readonly LockedSubject[]> =>
  run(selectLocked, { tenant, nowSeconds, ...BY_SUBJECT.input(page) })

const deleteFailures = statement((db, p: { tenant: string; subject: string }) =>
  db
    .deleteFrom('guesses')
    .where('tenant', '=', p.tenant)
    .where('subject', '=', p.subject)
    .returning('slot'),
)

export function* liftFailures(tenant: string, subjects: readonly string[]): Plan<boolean> {
  let lifted = 0
  for (const subject of subjects) {
    lifted += (yield* run(deleteFailures, { tenant, subject })).length
  }
  return lifted > 0
}
