// The model of allowances of failures, and of who is known at an account.

import {
  MOST_STRANGERS_EVENTS,
  STRANGERS_EVENTS_WINDOW_SECONDS,
} from '../../../src/store/limits.ts'
import type {
  Allowance,
  GuessStore,
  LockedSubjectKey,
  SpentAllowance,
  StrangersEvent,
  TryOutcome,
} from '../../../src/store/port/guessing.ts'
import { by, like, partOf, removeWhere, type State } from './state.ts'

const PENDING_SECONDS = 60

type Row = State['guesses'][number]

const keyOf = (tenant: string, { purpose, slot }: Allowance) => ({ tenant, purpose, slot })

const find = ({ guesses }: State, tenant: string, allowance: Allowance) =>
  guesses.find(like(keyOf(tenant, allowance)))

interface Counting {
  readonly tenant: string
  readonly allowance: Allowance
  readonly nowSeconds: number
}

function alive(state: State, { tenant, allowance, nowSeconds }: Counting): Row | undefined {
  const row = find(state, tenant, allowance)
  return row && row.windowEndsAtSeconds > nowSeconds ? row : undefined
}

/** The row of this window, as it is before anything is counted in it. */
function rowOf(state: State, counting: Counting): Row {
  const { tenant, allowance, nowSeconds } = counting
  const found = alive(state, counting)
  if (found) {
    found.allowed = allowance.failures
    return found
  }
  const subject = find(state, tenant, allowance)?.subject ?? null
  removeWhere(state.guesses, like(keyOf(tenant, allowance)))
  const row: Row = {
    ...keyOf(tenant, allowance),
    ...{ failures: 0, allowed: allowance.failures, pending: 0, pendingUntilSeconds: 0 },
    windowEndsAtSeconds: nowSeconds + allowance.windowSeconds,
    ...{ checkedAtSeconds: nowSeconds, spentUntilSeconds: 0, subject },
  }
  state.guesses.push(row)
  return row
}

export function countFailure(
  state: State,
  counting: Counting,
): { failures: number } | { spentForSeconds: number } {
  const { allowance, nowSeconds } = counting
  const found = alive(state, counting)
  if (found && found.failures >= allowance.failures) {
    return { spentForSeconds: found.windowEndsAtSeconds - nowSeconds }
  }
  const row = rowOf(state, counting)
  row.failures += 1
  row.spentUntilSeconds = row.failures >= allowance.failures ? row.windowEndsAtSeconds : 0
  return { failures: row.failures }
}

const pendingOf = (row: Row, now: number) => (row.pendingUntilSeconds <= now ? 0 : row.pending)

function hurdle(row: Row, how: { limit: number; every: number }, now: number) {
  const { limit, every } = how
  if (row.failures < limit) {
    const isFree = row.failures + pendingOf(row, now) < limit
    return isFree ? undefined : ({ outcome: 'busy' } as const)
  }
  const left = row.windowEndsAtSeconds - now
  if (every === 0) return { outcome: 'spent', seconds: left } as const
  const wait = row.checkedAtSeconds + every - now
  return wait <= 0 ? undefined : ({ outcome: 'spent', seconds: Math.min(wait, left) } as const)
}

const QUOTA: Allowance = {
  ...{ purpose: 'events', slot: '', failures: MOST_STRANGERS_EVENTS },
  ...{ windowSeconds: STRANGERS_EVENTS_WINDOW_SECONDS, thenEverySeconds: 0 },
}

/** Of windows that are over: how much more strangers brought about than the trail has. @returns how many windows */
export function tellLeftOut(state: State, now: number, ofTenant?: string): number {
  const overdrawn = state.guesses.filter(
    ({ tenant, purpose, failures, allowed, windowEndsAtSeconds }) =>
      purpose === 'events' &&
      failures > allowed &&
      windowEndsAtSeconds <= now &&
      (ofTenant === undefined || tenant === ofTenant),
  )
  for (const { tenant, failures, allowed } of overdrawn) {
    const target = `count:${failures - allowed}`
    const event = { tenant, atSeconds: now, action: 'audit_event.left_out', target }
    state.auditEvents.push({ ...event, actor: 'system', requestId: null })
  }
  return removeWhere(state.guesses, (row) => overdrawn.includes(row))
}

function tellWithinQuota(state: State, { slot, record }: StrangersEvent, nowSeconds: number): void {
  const { tenant } = record
  const one = { ...QUOTA, purpose: 'event', slot, failures: 1 }
  if ('spentForSeconds' in countFailure(state, { tenant, allowance: one, nowSeconds })) return
  tellLeftOut(state, nowSeconds, tenant)
  const row = rowOf(state, { tenant, allowance: QUOTA, nowSeconds })
  row.failures += 1
  if (row.failures <= MOST_STRANGERS_EVENTS) state.auditEvents.push(record)
}

export function guessModel(state: State): GuessStore {
  const { guesses, knownCallers } = state
  return {
    async reserveTry({ tenant, allowances, nowSeconds: now }): Promise<TryOutcome> {
      let failing = false
      for (const allowance of allowances) {
        const row = alive(state, { tenant, allowance, nowSeconds: now })
        const { thenEverySeconds: every, thenEverySecondsAfterFailures: slower = every } = allowance
        const how = { limit: allowance.failures, every: failing ? slower : every }
        const found = row && hurdle(row, how, now)
        if (found) return found
        failing ||= (row?.failures ?? 0) > 0
      }
      for (const allowance of allowances) {
        const row = rowOf(state, { tenant, allowance, nowSeconds: now })
        row.pending = pendingOf(row, now) + 1
        row.pendingUntilSeconds = now + PENDING_SECONDS
        row.checkedAtSeconds = now
      }
      return { outcome: 'reserved' }
    },

    async settleTry({ tenant, allowances, result, nowSeconds: now, subject, event }) {
      const fail = (allowance: Allowance) => {
        const row = rowOf(state, { tenant, allowance, nowSeconds: now })
        row.pending = Math.max(0, row.pending - 1)
        row.failures += 1
        row.spentUntilSeconds = 0
        row.subject = subject ?? row.subject
        return row.failures
      }
      const giveBack = (allowance: Allowance) => {
        const row = find(state, tenant, allowance)
        if (!row) return 0
        row.pending = Math.max(0, row.pending - 1)
        if (row.failures >= row.allowed) row.checkedAtSeconds = 0
        if (result === 'right' && allowance.endsWithSuccess) row.failures = 0
        return row.failures
      }
      const failures = allowances.map(result === 'failed' ? fail : giveBack)
      const isSpent = allowances.some(({ failures: allowed }, at) => failures[at] === allowed)
      if (event && result === 'failed' && isSpent) tellWithinQuota(state, event, now)
      return failures
    },

    countFailure: async (input) => countFailure(state, input),

    async listSpentAllowances(now, page) {
      const spent = guesses
        .filter(({ spentUntilSeconds }) => spentUntilSeconds > now)
        .map(({ tenant, purpose, slot, spentUntilSeconds }) => {
          return { tenant, purpose, slot, spentUntilSeconds }
        })
      const order = by<SpentAllowance>(
        (each) => each.spentUntilSeconds,
        (each) => each.tenant,
        (each) => each.purpose,
        (each) => each.slot,
      )
      return partOf(spent, order, page)
    },

    async listLockedSubjects(tenant, now, page) {
      const rows = guesses
        .filter((row) => row.tenant === tenant && row.windowEndsAtSeconds > now)
        .filter((row) => row.subject !== null && row.failures >= row.allowed)
      const groups = Map.groupBy(rows, ({ subject, purpose }) => `${subject} ${purpose}`)
      const locked = [...groups.values()].map((group) => ({
        subject: group[0]?.subject ?? '',
        purpose: group[0]?.purpose ?? '',
        failures: Math.max(...group.map(({ failures }) => failures)),
        windowEndsAtSeconds: Math.max(...group.map((row) => row.windowEndsAtSeconds)),
      }))
      const order = by<LockedSubjectKey>(
        (each) => each.subject,
        (each) => each.purpose,
      )
      return partOf(locked, order, page)
    },

    liftFailures: async (tenant, subjects) =>
      removeWhere(guesses, (row) => row.tenant === tenant && subjects.includes(row.subject ?? '')) >
      0,

    async findKnownCaller({ tenant, account, slot, caller }, now) {
      const found = knownCallers.find(like({ tenant, account, slot, caller }))
      return found && found.expiresAtSeconds > now ? found.lastAtSeconds : null
    },

    async rememberCaller(known) {
      const { tenant, account, slot } = known
      removeWhere(knownCallers, like({ tenant, account, slot }))
      knownCallers.push({ ...known })
    },
  }
}
