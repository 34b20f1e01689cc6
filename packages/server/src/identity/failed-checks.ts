// What is written down about failed checks: a line of the log for each, as long as there are not too many, and an event
// of the audit trail when an allowance is used up. Neither holds what was typed.

import type { Clock } from '../platform/clock.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { StrangersEvent } from '../store/port/guessing.ts'
import type { Guessing } from './guessing.ts'

export interface FailedCheck {
  readonly target: string
  /** Where it came from, as limits count: an address, or the network of one. */
  readonly source: string
  readonly log: Log
  /** The allowances that it used up. */
  readonly spent: readonly string[]
}

export interface FailedCheckDeps {
  readonly tenant: Tenant
  readonly clock: Clock
  readonly guesses: Pick<Guessing, 'digest' | 'slotOf'>
}

const ACCOUNT_HASH_LENGTH = 16

export function noteFailedCheck(check: FailedCheck, deps: FailedCheckDeps): void {
  const { target, source, log, spent } = check
  const account = accountOf(target, deps)
  const facts = { tenant: deps.tenant.name, address: source, account }
  logAtBoundedRate(() => log.warn(facts, 'a check of credentials failed'), { log, deps })
  if (spent.length === 0) return
  const spentFacts = { ...facts, spent }
  const message = 'an account takes fewer tries for a while'
  logAtBoundedRate(() => log.warn(spentFacts, message), { log, deps })
}

function accountOf(target: string, { guesses }: FailedCheckDeps): string {
  return guesses.digest('log', target).slice(0, ACCOUNT_HASH_LENGTH)
}

/** What the trail is told if this check fails and uses up an allowance. */
export function eventIfSpent(
  {
    action,
    target,
    source,
    requestId,
  }: { action: string; target: string; source: string; requestId: string },
  deps: FailedCheckDeps,
): StrangersEvent {
  const { tenant, clock, guesses } = deps
  const atSeconds = clock.nowSeconds()
  return {
    slot: guesses.slotOf('event', accountOf(target, deps), source),
    record: { tenant: tenant.name, atSeconds, action, target, actor: 'system', requestId },
  }
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
