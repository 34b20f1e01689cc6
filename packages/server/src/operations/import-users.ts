// Bringing users along, with the password hashes of the system that they come from.

import { passwordHashProblem } from '../identity/password-hashes/index.ts'
import { hashPassword } from '../identity/passwords.ts'
import { normaliseUsername } from '../identity/usernames.ts'
import { asUserId } from '../protocol/ids.ts'
import type { OrganisationWithUnits, UserWithMemberships } from '../store/port.ts'
import { checkHandle } from './field-checks.ts'
import { type ImportRow, namedIn, type ValuesOf } from './import-rows.ts'
import {
  existsAlready,
  type ImportKind,
  type ImportOptions,
  type ImportReport,
  runImport,
} from './import-run.ts'
import type { FieldProblem, OperationContext } from './operation.ts'
import { checkPlace, findOrganisations } from './organisations.ts'
import { checkPassword, checkProfile, type NewUser, readRole } from './user-input.ts'
import { toUserRecords } from './users.ts'

export const USER_COLUMNS = {
  id: 'text',
  username: 'text',
  name: 'text',
  email: 'text',
  email_verified: 'flag',
  password_hash: 'text',
  password: 'text',
  locale: 'text',
  organisation: 'text',
  unit: 'text',
  role: 'text',
} as const

type UserValues = ValuesOf<typeof USER_COLUMNS>

/** @throws OperationError with everything that is wrong with the rows */
export async function importUsers(
  rows: readonly ImportRow[],
  options: ImportOptions,
  context: OperationContext,
): Promise<ImportReport> {
  const organisations = await findOrganisations(namedIn(rows, 'organisation'), context)
  return runImport(userKind(context, organisations), rows, { ...context, ...options })
}

function userKind(
  context: OperationContext,
  organisations: readonly OrganisationWithUnits[],
): ImportKind<typeof USER_COLUMNS, UserWithMemberships> {
  const { tenant, store } = context
  return {
    noun: 'user',
    columns: USER_COLUMNS,
    columnOf: { organisationId: 'organisation', unitId: 'unit' },
    check: (values) => [
      ...(values.id === undefined ? [] : checkHandle('id', values.id)),
      ...checkProfile(toProfile(values)),
      ...checkSecret(values),
      ...checkPlace({ organisationId: values.organisation, unitId: values.unit }, organisations),
      ...checkRole(values),
    ],
    keysOf: ({ username = '', id }) => ({ username: normaliseUsername(username), id }),
    async findConflicts({ username = '', id }) {
      const [byName, byId] = await Promise.all([
        store.findUserByUsername(tenant.name, normaliseUsername(username)),
        id === undefined ? null : store.findUser(tenant.name, asUserId(id)),
      ])
      return [
        ...(byName ? [existsAlready('username', normaliseUsername(username))] : []),
        ...(byId ? [existsAlready('id', id ?? '')] : []),
      ]
    },
    async toStored(values) {
      const passwordHash = values.password_hash ?? (await hashPassword(values.password ?? ''))
      return toUserRecords({ ...toProfile(values), id: values.id, passwordHash }, context)
    },
    idOf: ({ user }) => user.id,
    store: (batch, events) => store.importUsers(batch, events),
  }
}

function toProfile({ organisation, unit, role, ...values }: UserValues): Omit<NewUser, 'password'> {
  const { username = '', name = '', email, email_verified: emailVerified, locale } = values
  const membership = {
    organisationId: organisation ?? '',
    defaultUnitId: unit,
    role: readRole(role),
  }
  const memberships = organisation === undefined ? [] : [membership]
  return { username, name, email, emailVerified, locale, memberships }
}

function checkRole({ role, organisation }: UserValues): FieldProblem[] {
  if (role === undefined) return []
  const field = 'role'
  if (readRole(role) === undefined) return [{ field, problem: `"${role}" is not admin or member` }]
  return organisation === undefined ? [{ field, problem: 'needs the organisation it is for' }] : []
}

function checkSecret(values: UserValues): FieldProblem[] {
  const { password, password_hash: hash, username = '' } = values
  if (password !== undefined && hash !== undefined) {
    return [{ field: 'password', problem: 'is given beside password_hash: give one of the two' }]
  }
  if (password !== undefined) return checkPassword(password, username)
  const problem =
    hash === undefined ? 'is missing: give it, or password' : passwordHashProblem(hash)
  return problem === undefined ? [] : [{ field: 'password_hash', problem }]
}
