// ostiary org …

import type { Command } from 'commander'
import { changeRole } from '../operations/memberships.ts'
import { createOrganisation, listOrganisations } from '../operations/organisations.ts'
import { readRole } from '../operations/user-input.ts'
import type { OrganisationWithUnits } from '../store/port.ts'
import type { UnitRecord } from '../store/records.ts'
import { type Column, formatTable } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type TenantOptions, withTenant } from './deployment.ts'
import { UsageError } from './failure.ts'
import type { List } from './list.ts'
import { type ListOptions, listOptions } from './list-option.ts'
import { tenantOption } from './tenant-option.ts'

interface CreateOptions extends TenantOptions {
  readonly id?: string
  readonly unit?: readonly string[]
}

export function addOrganisationCommands(program: Command, terminal: Terminal): void {
  const org = program.command('org').description('customers of your product, and their units')
  addCommand<CreateOptions>(org, terminal, {
    usage: 'create <name>',
    description: 'create an organisation with its units',
    options: (command) =>
      tenantOption(command)
        .option('--id <id>', 'id that your product uses already (default: a new one)')
        .option('--unit <units...>', 'units: NAME, or ID=NAME with an id of yours'),
    run: async (options, [name = '']) => {
      const units = options.unit?.map(parseUnit)
      const organisation = await withTenant(options, terminal, (context) =>
        createOrganisation({ name, id: options.id, units }, context),
      )
      return { data: { organisation }, text: formatTable(rowsOf(organisation), COLUMNS) }
    },
  })
  addCommand<TenantOptions>(org, terminal, {
    usage: 'role <organisation> <username> <role>',
    description:
      'make a member an admin, who may change every app of the organisation, or an ordinary member',
    options: tenantOption,
    run: async (options, [organisationId = '', username = '', text = '']) => {
      const role = readRole(text)
      if (role === undefined) throw new UsageError(`"${text}" is not admin or member`)
      await withTenant(options, terminal, (context) =>
        changeRole({ organisationId, username, role }, context),
      )
      return {
        data: { organisationId, username, role },
        text: `${username} is ${role} of ${organisationId}`,
      }
    },
  })
  addCommand<ListOptions>(org, terminal, {
    usage: 'list',
    description: 'list the organisations of a tenant with their units',
    options: listOptions,
    run: (options) =>
      withTenant(options, terminal, (context) =>
        terminal.list(listOrganisations(context, options.limit), ORGANISATIONS, options),
      ),
  })
}

function parseUnit(text: string) {
  const at = text.indexOf('=')
  return at === -1 ? { name: text } : { id: text.slice(0, at), name: text.slice(at + 1) }
}

interface PlaceRow {
  readonly id: string
  readonly name: string
  readonly unit: UnitRecord | undefined
}

const COLUMNS: readonly Column<PlaceRow>[] = [
  { title: 'ORGANISATION', value: ({ id }) => id },
  { title: 'UNIT', value: ({ unit }) => unit?.id },
  { title: 'NAME', value: ({ name, unit }) => unit?.name ?? name },
]

function rowsOf({ id, name, units }: OrganisationWithUnits): readonly PlaceRow[] {
  return [{ id, name, unit: undefined }, ...units.map((unit) => ({ id, name, unit }))]
}

const ORGANISATIONS: List<OrganisationWithUnits, PlaceRow> = {
  name: 'organisations',
  none: 'no organisations yet: create one with `ostiary org create`',
  columns: COLUMNS,
  rowsOf,
}
