// The one limit on guessing, for everything that can be guessed: passwords, pass codes, codes, keys and secrets. A check
// that failed counts, one that was not made does not. What counts where, callers say in allowances; that it counts for
// all processes together is the store's business.

import type { Clock } from '../platform/clock.ts'
import { waitFor } from '../platform/deadline.ts'
import { keepFresh } from '../platform/fresh.ts'
import type { Sealer } from '../platform/seal.ts'
import { createLine } from '../platform/waiting-line.ts'
import { OAuthError } from '../protocol/errors.ts'
import type {
  Allowance,
  SpentAllowance,
  StrangersEvent,
  TryResult,
} from '../store/port/guessing.ts'
import type { Store } from '../store/port.ts'

export type { Allowance } from '../store/port/guessing.ts'

export interface GuessLimits {
  /** Failed sign-ins of an address in a minute. */
  readonly signInsPerMinute: number
  /** Wrong credentials of an app or key from an address in a minute. */
  readonly clientsPerMinute: number
}

export interface Guessing {
  readonly limits: GuessLimits
  /** Names somebody or something in a way that tells nothing without the server's key. */
  digest(...fields: readonly string[]): string
  /** One of a bounded number, so that made-up names do not fill the table. Who shares one cannot be reckoned. */
  slotOf(...fields: readonly string[]): string
  /**
   * Makes a check that takes time, with a place of its own in each allowance. The lists of allowances are tried in
   * turn: the first that has room counts.
   * @throws OAuthError overloaded, when those who are being checked leave no room; what `check` throws counts nowhere
   */
  check<Result>(
    attempt: Attempt,
    /** @returns undefined when what was presented is wrong */
    check: () => Promise<Result | undefined>,
  ): Promise<Checked<Result>>
  /**
   * Whether an allowance is used up, for secrets too long to be guessed: the look-up takes no time, the right one costs
   * no write, and other processes know within a moment.
   * @param allowanceOf called while anything is used up at all: to name a slot costs more than all else of a look-up
   * @returns seconds to wait
   */
  waitOf(allowanceOf: () => Allowance): Promise<number | undefined>
  /** Counts a failure of such a look-up. @returns seconds to wait, when it was one too many to be told */
  fail(allowance: Allowance): Promise<number | undefined>
}

export interface Attempt {
  readonly ways: readonly (readonly Allowance[])[]
  /** The user or access identifier that it is about, if there is one. */
  readonly subject: string | null
  /** What the audit trail is told if it fails and uses up an allowance. */
  readonly event?: StrangersEvent
  /** What was presented, and where from: the same once more, while it is being checked, is not checked again. */
  readonly presented: string
}

export type Checked<Result> =
  | { readonly outcome: 'right'; readonly result: Result }
  /** @property spent purposes of the allowances that this failure used up */
  | { readonly outcome: 'wrong'; readonly spent: readonly string[] }
  | { readonly outcome: 'refused'; readonly seconds: number }

export type GuessingStore = Pick<
  Store,
  'reserveTry' | 'settleTry' | 'countFailure' | 'listSpentAllowances'
>

export interface GuessingDeps {
  readonly tenant: string
  readonly store: GuessingStore
  readonly clock: Clock
  readonly sealer: Sealer
  readonly limits: GuessLimits
  readonly spent: SpentAllowances
}

const SLOTS = 65_536

export function createGuessing(deps: GuessingDeps): Guessing {
  const { tenant, store, clock, sealer, limits, spent } = deps
  const digest = (...fields: readonly string[]) => sealer.digest(tenant, ...fields)
  return {
    limits,
    digest,
    slotOf: (...fields) =>
      (Buffer.from(digest(...fields), 'base64url').readUInt32BE() % SLOTS).toString(36),

    check: shareSuccess(({ presented }) => digest(presented), createCheck(deps)),

    waitOf: (allowanceOf) => spent.waitOf(tenant, allowanceOf),

    async fail(allowance) {
      // Known already: then a flood of failures writes nothing.
      const seconds = await spent.waitOf(tenant, () => allowance)
      if (seconds !== undefined) return seconds
      const input = { tenant, allowance, nowSeconds: clock.nowSeconds() }
      const counted = await store.countFailure(input)
      if ('spentForSeconds' in counted) return counted.spentForSeconds
      if (counted.failures >= allowance.failures) spent.forget()
      return undefined
    },
  }
}

/** How long tries wait that others leave no room for, and how often the store is asked again meanwhile. */
const LINE = { longestMs: 2000, tryAgainMs: 200 }

function createCheck({ tenant, store, clock }: GuessingDeps): Guessing['check'] {
  const line = createLine(LINE)

  async function reserve(ways: Attempt['ways']): Promise<Reservation | undefined> {
    let seconds = 0
    for (const allowances of ways) {
      const outcome = await store.reserveTry({ tenant, allowances, nowSeconds: clock.nowSeconds() })
      if (outcome.outcome === 'reserved') return { allowances }
      if (outcome.outcome === 'busy') return undefined
      seconds = outcome.seconds
    }
    return { seconds }
  }

  return async ({ ways, subject, event }, check) => {
    const reservation = await line.take(ways.flat().map(nameOf), () => reserve(ways))
    if (reservation === undefined) throw new OAuthError('overloaded', { retryAfterSeconds: 1 })
    if ('seconds' in reservation) return { outcome: 'refused', seconds: reservation.seconds }
    const { allowances } = reservation
    const settle = async (result: TryResult) => {
      const input = { tenant, allowances, result, nowSeconds: clock.nowSeconds(), subject, event }
      // It is their turn even if the store is away: then they hear of it as well.
      return store.settleTry(input).finally(() => line.wake(allowances.map(nameOf)))
    }
    const result = await check().catch(async (error: unknown) => {
      // It was not made. Should the store not be there either, the place is free again after a minute.
      await settle('not_made').catch(() => undefined)
      throw error
    })
    const failures = await settle(result === undefined ? 'failed' : 'right')
    if (result !== undefined) return { outcome: 'right', result }
    const used = allowances.filter(({ failures: allowed }, at) => failures[at] === allowed)
    return { outcome: 'wrong', spent: used.map(({ purpose }) => purpose) }
  }
}

type Reservation =
  | { readonly allowances: readonly Allowance[] }
  /** To wait until one of them has room. */
  | { readonly seconds: number }

const nameOf = ({ purpose, slot }: Allowance) => `${purpose} ${slot}`

/**
 * Many at once with the same right password, as after a lost network, are one check. A wrong one tells nothing about
 * the next: the password may have been changed to it meanwhile.
 */
function shareSuccess(keyOf: (attempt: Attempt) => string, check: Guessing['check']) {
  const underWay = new Map<string, Promise<Checked<unknown>>>()
  return async <Result>(
    attempt: Attempt,
    make: () => Promise<Result | undefined>,
  ): Promise<Checked<Result>> => {
    const key = keyOf(attempt)
    const before = underWay.get(key)
    const same = before && (await waitFor(before).catch(() => undefined))
    if (same?.outcome === 'right') return same as Checked<Result>
    const own = check(attempt, make)
    underWay.set(key, own)
    return own.finally(() => {
      if (underWay.get(key) === own) underWay.delete(key)
    })
  }
}

/** What is used up until its window ends, of all tenants together: a short list, kept fresh. */
export interface SpentAllowances {
  waitOf(tenant: string, allowanceOf: () => Allowance): Promise<number | undefined>
  /** Here a new one is known at once, elsewhere as soon as the list is read again. */
  forget(): void
}

/** Beyond so many, failures still count and are refused; only a right secret is no longer kept waiting. */
const LONGEST_LIST = 10_000

export function createSpentAllowances({
  store,
  clock,
}: {
  readonly store: Pick<Store, 'listSpentAllowances'>
  readonly clock: Clock
}): SpentAllowances {
  const key = (tenant: string, { purpose, slot }: Pick<Allowance, 'purpose' | 'slot'>) =>
    `${tenant} ${purpose} ${slot}`
  const spent = keepFresh(
    async () => {
      const list = await store.listSpentAllowances(clock.nowSeconds(), { limit: LONGEST_LIST })
      return new Map(
        list.map((each: SpentAllowance) => [key(each.tenant, each), each.spentUntilSeconds]),
      )
    },
    { clock },
  )
  return {
    async waitOf(tenant, allowanceOf) {
      const untilSeconds = await spent.get()
      if (untilSeconds.size === 0) return undefined
      const seconds = (untilSeconds.get(key(tenant, allowanceOf())) ?? 0) - clock.nowSeconds()
      return seconds > 0 ? seconds : undefined
    },
    forget: () => spent.forget(),
  }
}
