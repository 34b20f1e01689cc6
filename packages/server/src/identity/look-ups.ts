// Secrets that are found by their hash: a wrong one counts against where it comes from. A source that has sent too many
// is still served what it has proven before: one user of an app who types nonsense does not stop the others.

import { OAuthError } from '../protocol/errors.ts'
import type { Allowance, Guessing } from './guessing.ts'
import { findKnownCaller, type KnownCallerDeps } from './known-callers.ts'

export interface LookUpSource {
  /** What is looked up: each has failures of its own. */
  readonly purpose: string
  /** Who fails together: a source, or what comes with one key from it. */
  readonly sharers: readonly string[]
  readonly source: string
}

export interface LookUp<Found> {
  /** @throws OAuthError invalid_client, when there is no such thing */
  find(): Promise<Found>
  accountOf(found: Found): string
}

/** @throws OAuthError guessing, and what `find` throws */
export async function lookUp<Found>(
  from: LookUpSource,
  deps: KnownCallerDeps & { readonly guesses: Guessing },
  { find, accountOf }: LookUp<Found>,
): Promise<Found> {
  const { guesses } = deps
  const allowance = () => failuresOf(from, guesses)
  const seconds = await guesses.waitOf(allowance)
  const found = await orFailure(find(), () => failed(allowance(), guesses))
  if (seconds === undefined) return found
  const { known } = await findKnownCaller(accountOf(found), from.source, deps)
  if (!known) throw tooMany(seconds)
  return found
}

/** What cannot be guessed, such as a signature: the right one is always taken. @throws OAuthError guessing, and what `find` throws */
export function countFailures<Found>(
  from: LookUpSource,
  guesses: Guessing,
  find: () => Promise<Found>,
): Promise<Found> {
  return orFailure(find(), () => failed(failuresOf(from, guesses), guesses))
}

function failuresOf({ purpose, sharers }: LookUpSource, guesses: Guessing): Allowance {
  return {
    purpose,
    slot: guesses.slotOf(purpose, ...sharers),
    failures: guesses.limits.clientsPerMinute,
    windowSeconds: 60,
    thenEverySeconds: 0,
  }
}

async function failed(allowance: Allowance, guesses: Guessing): Promise<void> {
  const seconds = await guesses.fail(allowance)
  if (seconds !== undefined) throw tooMany(seconds)
}

async function orFailure<Found>(
  finding: Promise<Found>,
  onFailure: () => Promise<void>,
): Promise<Found> {
  try {
    return await finding
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_client') await onFailure()
    throw error
  }
}

function tooMany(retryAfterSeconds: number): OAuthError {
  return new OAuthError('guessing', { retryAfterSeconds })
}
