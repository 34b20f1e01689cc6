// What the pages for developers have in common: on whose behalf they act, and how an operation that was refused
// becomes the same page again, with what is wrong.

import type { AccountDeps } from '../account/sign-in.ts'
import type { SignedIn } from '../account/signed-in.ts'
import type { RegistrableGrantType } from '../operations/client-input.ts'
import type { DeveloperContext } from '../operations/developer-access.ts'
import { type FieldProblem, OperationError } from '../operations/operation.ts'
import { parseDay } from '../protocol/day.ts'
import { PageError } from '../protocol/errors.ts'
import type { FormProblem } from '../protocol/form-problem.ts'
import type { PageDeveloperApp, PageEndpoints } from '../protocol/page.ts'
import type { Store } from '../store/port.ts'
import type { ClientRecord } from '../store/records.ts'

export interface PortalDeps extends AccountDeps {
  readonly store: Store
  /** What this server offers: the registry of grant types. */
  readonly grantTypes: readonly RegistrableGrantType[]
  readonly endpoints: PageEndpoints
}

export function contextOf(
  { incoming, account }: SignedIn,
  { tenant, store, clock, grantTypes }: PortalDeps,
): DeveloperContext {
  const userId = account.user.id
  const actor = `user:${userId}`
  return { tenant, store, clock, grantTypes, userId, actor, requestId: incoming.id }
}

/** The form field that each field of an operation comes from. */
type FieldNames = Readonly<Record<string, string>>

/**
 * Waits for an operation. @returns what came of it, or what is wrong with the form
 * @throws PageError not_found, when it is about something that is not there for this user
 */
export async function attempt<Result>(
  operation: Promise<Result>,
  names: FieldNames = {},
): Promise<{ result: Result } | { problems: readonly FormProblem[] }> {
  try {
    return { result: await operation }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { problems: error.problems.map((problem) => toFormProblem(problem, names, error)) }
  }
}

function toFormProblem(
  { field, code, value }: FieldProblem,
  names: FieldNames,
  error: OperationError,
): FormProblem {
  if (code === 'unknown') throw new PageError('not_found', { cause: error })
  if (code === 'not_allowed') throw new PageError('app_not_yours', { cause: error })
  // No page has words for it: nothing that was typed can bring it about.
  if (code === undefined) throw error
  return { field: names[field], code, value }
}

export function describeClient(client: ClientRecord): PageDeveloperApp {
  return {
    id: client.id,
    name: client.name,
    type: client.type,
    createdAtSeconds: client.createdAtSeconds,
    lastUsedAtSeconds: client.lastUsedAtSeconds ?? undefined,
    disabled: client.disabledAtSeconds !== null,
  }
}

/** One entry per line; what is around it was not meant. */
export function readLines(text: string | undefined): readonly string[] {
  const lines = (text ?? '').split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '')
}

const DAY_SECONDS = 86_400

/** The moment at which a day (`2026-11-21`, UTC) is over; undefined when it is none. */
export function endOfDay(text: string | undefined): number | undefined {
  const start = text === undefined ? undefined : parseDay(text)
  return start === undefined ? undefined : start + DAY_SECONDS
}
