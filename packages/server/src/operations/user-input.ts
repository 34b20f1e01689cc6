// What a user may be created with. Gathers everything that is wrong before it refuses.

import { MAX_USERNAME_CODE_POINTS, normaliseUsername } from '../identity/usernames.ts'
import { MOST_MEMBERSHIPS } from '../store/limits.ts'
import type { OrganisationWithUnits } from '../store/port.ts'
import type { OrganisationRole } from '../store/records.ts'
import { checkName, findRepeated } from './field-checks.ts'
import type { FieldProblem } from './operation.ts'
import { passwordProblem } from './password-policy.ts'

export interface NewUser {
  readonly username: string
  readonly name: string
  readonly password: string
  readonly email?: string | undefined
  /** The operator knows that the address is the user's own: then it signs in like the user name. */
  readonly emailVerified?: boolean | undefined
  readonly locale?: string | undefined
  readonly memberships?: readonly NewMembership[] | undefined
}

export interface NewMembership {
  readonly organisationId: string
  readonly defaultUnitId?: string | undefined
  /** Units to work in besides. */
  readonly furtherUnitIds?: readonly string[] | undefined
  /** A member when not given. */
  readonly role?: OrganisationRole | undefined
}

/** @returns undefined for what is no role */
export function readRole(text: string | undefined): OrganisationRole | undefined {
  return (['admin', 'member'] as const).find((role) => role === text)
}

export function checkNewUser(input: NewUser): FieldProblem[] {
  return [...checkProfile(input), ...checkPassword(input.password, input.username)]
}

/** Everything but the password. */
export function checkProfile(input: Omit<NewUser, 'password'>): FieldProblem[] {
  return [
    ...checkUsername(input),
    ...checkName('name', input.name),
    ...checkEmail(input),
    ...checkLocale(input.locale),
  ]
}

function checkUsername(input: Omit<NewUser, 'password'>): FieldProblem[] {
  const field = 'username'
  const username = normaliseUsername(input.username)
  if (username === '') return [{ field, problem: 'is empty' }]
  if ([...username].length > MAX_USERNAME_CODE_POINTS) {
    return [{ field, problem: `has more than ${MAX_USERNAME_CODE_POINTS} characters` }]
  }
  if (/[\s\p{C}]/u.test(username)) {
    return [{ field, problem: 'holds spaces or invisible characters: leave them out' }]
  }
  // Otherwise somebody could be called by the address of another, and keep that person from signing in with it.
  if (username.includes('@') && !isOwnAddress(username, input)) {
    const problem = 'looks like an e-mail address, and is not the verified one of this user'
    return [{ field, problem: `${problem}: give that too, or a name without @` }]
  }
  return []
}

export function checkPassword(password: string, username: string): FieldProblem[] {
  const problem = passwordProblem(password, username)
  return problem === undefined ? [] : [{ field: 'password', problem }]
}

function isOwnAddress(
  username: string,
  { email = '', emailVerified }: Pick<NewUser, 'email' | 'emailVerified'>,
): boolean {
  return emailVerified === true && normaliseUsername(email) === username
}

export function checkEmail({
  email,
  emailVerified,
}: Pick<NewUser, 'email' | 'emailVerified'>): FieldProblem[] {
  if (email === undefined && emailVerified) {
    return [{ field: 'email_verified', problem: 'is true, and there is no email' }]
  }
  if (email === undefined || /^[^\s@\p{C}]+@[^\s@\p{C}]+\.[^\s@.\p{C}]+$/u.test(email)) return []
  return [{ field: 'email', problem: `"${email}" is not an e-mail address` }]
}

function checkLocale(locale: string | undefined): FieldProblem[] {
  try {
    Intl.getCanonicalLocales(locale)
    return []
  } catch {
    return [{ field: 'locale', problem: `"${locale}" is not a language tag such as en or de-AT` }]
  }
}

export function checkMemberships(
  { memberships = [] }: Pick<NewUser, 'memberships'>,
  organisations: readonly OrganisationWithUnits[],
): FieldProblem[] {
  const field = 'memberships'
  const problems = memberships.flatMap(({ organisationId, defaultUnitId, furtherUnitIds = [] }) => {
    const organisation = organisations.find(({ id }) => id === organisationId)
    if (!organisation) {
      return [{ field, problem: `"${organisationId}" does not exist` }]
    }
    const units = new Set(organisation.units.map(({ id }) => id))
    const named = [...(defaultUnitId === undefined ? [] : [defaultUnitId]), ...furtherUnitIds]
    const foreign = named.filter((id) => !units.has(id))
    return foreign.map((id) => ({ field, problem: `"${id}" is not a unit of "${organisationId}"` }))
  })
  const repeated = findRepeated(memberships.map(({ organisationId }) => organisationId))
  if (memberships.length > MOST_MEMBERSHIPS) {
    problems.push({ field, problem: `are more than ${MOST_MEMBERSHIPS}` })
  }
  return [...problems, ...repeated.map((id) => ({ field, problem: `"${id}" is given twice` }))]
}
