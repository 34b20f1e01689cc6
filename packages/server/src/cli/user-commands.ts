// ostiary user …

import type { Command } from 'commander'
import type { NewMembership } from '../operations/user-input.ts'
import { type LockView, listLocks, unlockUser } from '../operations/user-locks.ts'
import {
  changeEmail,
  changePassword,
  createUser,
  disableUser,
  listUsers,
  type UserView,
} from '../operations/users.ts'
import { type Answer, formatFields } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { UsageError } from './failure.ts'
import type { List } from './list.ts'
import { type ListOptions, listOptions } from './list-option.ts'
import { generatePassword, readSecret } from './secret-input.ts'
import { tenantOption } from './tenant-option.ts'

interface PasswordOptions extends TenantOptions {
  readonly passwordStdin?: boolean
}

interface CreateOptions extends PasswordOptions {
  readonly name: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly locale?: string
  readonly organisation?: readonly string[]
  readonly unit?: readonly string[]
  readonly admin?: readonly string[]
}

interface UpdateOptions extends TenantOptions {
  readonly email?: string
  readonly emailVerified?: boolean
}

export function addUserCommands(program: Command, terminal: Terminal): void {
  const user = program.command('user').description('people who sign in')
  addCommand<CreateOptions>(user, terminal, {
    usage: 'create <username>',
    description: 'create a user, with a password from standard input or a new one, shown once',
    options: (command) =>
      passwordOption(command)
        .requiredOption('--name <name>', 'name of the person')
        .option('--email <address>', 'e-mail address')
        .option('--email-verified', 'the address is known to be theirs: it signs them in, too')
        .option('--locale <tag>', 'language of the person, for example en or de-AT')
        .option('--organisation <ids...>', 'member of: ID, or ID/UNIT with the default unit')
        .option('--unit <units...>', 'further units to work in: ORGANISATION/UNIT')
        .option(
          '--admin <ids...>',
          'organisations to be an admin of, among those of --organisation',
        ),
    run: (options, [username = '']) => create(username, options, terminal),
  })
  addCommand<ListOptions>(user, terminal, {
    usage: 'list',
    description: 'list the users of a tenant',
    options: listOptions,
    run: (options) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listUsers(context, options.limit), USERS, options),
      ),
  })
  addUpdateCommand(user, terminal)
  addCommand<PasswordOptions>(user, terminal, {
    usage: 'reset-password <username>',
    description: 'give a user a new password; ends every session and every access of apps',
    options: passwordOption,
    run: (options, [username = '']) => resetPassword(username, options, terminal),
  })
  addCommand<TenantOptions>(user, terminal, {
    usage: 'locks',
    description:
      'list the users with so many failed sign-ins that somebody has to wait, and who that is',
    options: tenantOption,
    run: (options) =>
      withTenant(options, terminal, (context) => terminal.list(listLocks(context), LOCKS, options)),
  })
  addCommand<TenantOptions>(user, terminal, {
    usage: 'unlock <username>',
    description: 'forget the failed sign-ins of a user; ends nothing, and needs no new password',
    options: tenantOption,
    run: async (options, [username = '']) => {
      const { lifted } = await withTenant(options, terminal, (context) =>
        unlockUser({ username }, context),
      )
      const text = lifted ? `${username} is unlocked` : `${username} had no failed sign-ins`
      return { data: { username, lifted }, text }
    },
  })
  addCommand<TenantOptions>(user, terminal, {
    usage: 'disable <username>',
    description:
      'keep a user out for good; ends every session and every access of apps; no command lets the user in again',
    options: tenantOption,
    run: async (options, [username = '']) => {
      await withTenant(options, terminal, (context) => disableUser({ username }, context))
      return {
        data: { disabled: username },
        text: `${username} is disabled for good: no command lets the user in again`,
      }
    },
  })
}

function addUpdateCommand(user: Command, terminal: Terminal): void {
  addCommand<UpdateOptions>(user, terminal, {
    usage: 'update <username>',
    description: 'change the e-mail address of a user, or whether it is verified; ends nothing',
    options: (command) =>
      tenantOption(command)
        .option('--email <address>', 'e-mail address; a new one is not verified')
        .option('--email-verified', 'the address is known to be theirs: it signs them in, too')
        .option('--no-email-verified', 'it is not known whose address it is'),
    run: (options, [username = '']) => update(username, options, terminal),
  })
}

function passwordOption(command: Command): Command {
  return tenantOption(command).option('--password-stdin', 'read the password from standard input')
}

async function create(
  username: string,
  options: CreateOptions,
  terminal: Terminal,
): Promise<Answer> {
  const { password, generated } = await choosePassword(options, terminal)
  const { name, email, emailVerified, locale } = options
  const memberships = readMemberships(options)
  const user = await withTenant(options, terminal, (context) =>
    createUser({ username, name, email, emailVerified, locale, password, memberships }, context),
  )
  const fields = formatFields({ username: user.username, id: user.id, password: generated })
  return { data: { user, password: generated }, text: `${fields}${noteFor(generated)}` }
}

async function update(
  username: string,
  options: UpdateOptions,
  terminal: Terminal,
): Promise<Answer> {
  const { email, emailVerified } = options
  if (email === undefined && emailVerified === undefined) {
    throw new UsageError('say what to change, for example --email-verified')
  }
  const user = await withTenant(options, terminal, (context) =>
    changeEmail({ username, email, emailVerified }, context),
  )
  const state = user.emailVerified ? 'verified' : 'not verified'
  return { data: { user }, text: `${user.username}: ${user.email ?? 'no address'}, ${state}` }
}

async function resetPassword(
  username: string,
  options: PasswordOptions,
  terminal: Terminal,
): Promise<Answer> {
  const { password, generated } = await choosePassword(options, terminal)
  await withTenant(options, terminal, (context) => changePassword({ username, password }, context))
  const fields = formatFields({ username, password: generated })
  return { data: { username, password: generated }, text: `${fields}${noteFor(generated)}` }
}

async function choosePassword(
  { passwordStdin }: PasswordOptions,
  { stdin }: Terminal,
): Promise<{ password: string; generated: string | undefined }> {
  if (passwordStdin) return { password: await readSecret(stdin), generated: undefined }
  const generated = generatePassword()
  return { password: generated, generated }
}

function noteFor(generated: string | undefined): string {
  return generated === undefined ? '' : '\ncopy the password now: it cannot be shown again'
}

function readMemberships({ organisation, unit = [], admin = [] }: CreateOptions) {
  const memberships = organisation?.map(parseMembership) ?? []
  for (const id of admin) {
    if (memberships.some(({ organisationId }) => organisationId === id)) continue
    throw new UsageError(`--admin ${id}: give --organisation ${id} too`)
  }
  const further = unit.map((text) => ({ text, ...parseMembership(text) }))
  for (const { text, organisationId, defaultUnitId } of further) {
    const isMember = memberships.some((each) => each.organisationId === organisationId)
    if (defaultUnitId === undefined || !isMember) {
      throw new UsageError(`--unit ${text}: write ORGANISATION/UNIT, and give --organisation too`)
    }
  }
  const unitsOf = Map.groupBy(further, ({ organisationId }) => organisationId)
  return memberships.map((membership) => ({
    ...membership,
    role: admin.includes(membership.organisationId) ? ('admin' as const) : ('member' as const),
    furtherUnitIds: unitsOf
      .get(membership.organisationId)
      ?.flatMap(({ defaultUnitId }) => defaultUnitId ?? []),
  }))
}

/** `acme/vienna`: the organisation, and the unit the user works in when none is named. */
function parseMembership(text: string): NewMembership {
  const at = text.indexOf('/')
  if (at === -1) return { organisationId: text }
  return { organisationId: text.slice(0, at), defaultUnitId: text.slice(at + 1) }
}

const LOCKS: List<LockView> = {
  name: 'locks',
  none: 'nobody has to wait because of failed sign-ins',
  columns: [
    { title: 'USERNAME', value: ({ username }) => username ?? '' },
    { title: 'ACCESS IDENTIFIER', value: ({ accessIdentifierId }) => accessIdentifierId ?? '' },
    { title: 'WHO HAS TO WAIT', value: ({ whose }) => whose },
    { title: 'FAILURES', value: ({ failures }) => String(failures) },
    {
      title: 'UNTIL',
      value: ({ endsAtSeconds }) => new Date(endsAtSeconds * 1000).toISOString(),
    },
  ],
}

const USERS: List<UserView> = {
  name: 'users',
  none: 'no users yet: create one with `ostiary user create`',
  columns: [
    { title: 'USERNAME', value: ({ username }) => username },
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ORGANISATIONS', value: formatMemberships },
    { title: 'STATE', value: (user) => (user.disabledAtSeconds === null ? 'active' : 'disabled') },
    { title: 'ID', value: ({ id }) => id },
  ],
}

function formatMemberships({ memberships }: UserView): string {
  return memberships
    .map(({ organisation, defaultUnit, role }) => {
      const place = defaultUnit ? `${organisation.id}/${defaultUnit.id}` : organisation.id
      return role === 'admin' ? `${place} (admin)` : place
    })
    .join(' ')
}
