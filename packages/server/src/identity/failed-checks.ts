// What is written down about failed checks: a line of the log for each, as long as there are not too many, and an event
// of the audit trail when an allowance is used up. Neither holds what was typed.

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { Guessing } from './guessing.ts'

export interface FailedCheck {
  /** In the audit trail, when it used up an allowance. */
  readonly action: string
  readonly target: string
  /** Where it came from, as limits count: an address, or the network of one. */
  readonly source: string
  readonly requestId: string
  readonly log: Log
  /** The allowances that it used up. */
  readonly spent: readonly string[]
}

export interface FailedCheckDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'recordAuditEvent' | 'countFailure'>
  readonly clock: Clock
  readonly guesses: Pick<Guessing, 'digest' | 'slotOf'>
}

const QUARTER_SECONDS = 15 * 60
/** In the trail of a tenant, in a quarter of an hour. */
const EVENTS_PER_TENANT = 100
const ACCOUNT_HASH_LENGTH = 16

export async function noteFailedCheck(check: FailedCheck, deps: FailedCheckDeps): Promise<void> {
  const { tenant, store, clock, guesses } = deps
  const { action, target, source, requestId, log, spent } = check
  const account = guesses.digest('log', target).slice(0, ACCOUNT_HASH_LENGTH)
  const facts = { tenant: tenant.name, address: source, account }
  logAtBoundedRate(() => log.warn(facts, 'a check of credentials failed'), { log, deps })
  if (spent.length === 0) return
  if (!(await isFirst([account, source], 1, deps))) return
  if (!(await isFirst([], EVENTS_PER_TENANT, deps))) return
  log.warn({ ...facts, spent }, 'an account takes fewer tries for a while')
  await store.recordAuditEvent({
    ...{ tenant: tenant.name, atSeconds: clock.nowSeconds(), action, target },
    actor: 'system',
    requestId,
  })
}

/** One of so many in this quarter of an hour, in all processes. */
async function isFirst(
  fields: readonly string[],
  failures: number,
  { tenant, store, clock, guesses }: FailedCheckDeps,
): Promise<boolean> {
  const counted = await store.countFailure({
    tenant: tenant.name,
    nowSeconds: clock.nowSeconds(),
    allowance: {
      purpose: fields.length === 0 ? 'events' : 'event',
      slot: guesses.slotOf('event', ...fields),
      ...{ failures, windowSeconds: QUARTER_SECONDS, thenEverySeconds: 0 },
    },
  })
  return 'failures' in counted
}

const LINES_PER_MINUTE = 300

interface Minute {
  readonly number: number
  lines: number
  /** Not written. */
  left: number
}

/** Of each tenant in this process. */
const minutes = new WeakMap<object, Minute>()

/** A flood of guesses must not become a flood of lines; how many were left out is said in the minute after. */
function logAtBoundedRate(
  write: () => void,
  { log, deps: { tenant, clock, guesses } }: { log: Log; deps: FailedCheckDeps },
): void {
  const number = Math.floor(clock.nowSeconds() / 60)
  let minute = minutes.get(guesses)
  if (minute?.number !== number) {
    const left = minute?.left ?? 0
    minute = { number, lines: 0, left: 0 }
    minutes.set(guesses, minute)
    const facts = { tenant: tenant.name, left }
    if (left > 0) log.warn(facts, 'more checks of credentials failed than are logged singly')
  }
  if (minute.lines >= LINES_PER_MINUTE) {
    minute.left += 1
    return
  }
  minute.lines += 1
  write()
}
