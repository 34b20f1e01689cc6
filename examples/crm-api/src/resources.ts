// The whole data model of the API: routes, schemas, tables and seed rows all follow from this one list.

import type { ContractName } from '@ostiary/resource'

type ColumnKind = 'text' | 'long-text' | 'email' | 'date' | 'cents' | 'choice' | 'reference'

export interface Column {
  readonly name: string
  readonly kind: ColumnKind
  readonly required?: boolean
  /** The values of a `choice`; the first is meant when none is given. */
  readonly choices?: readonly string[]
  /** What a `reference` points to: a row of the same organisation. */
  readonly target?: ResourceName
}

export type ResourceName = 'clients' | 'contacts' | 'users' | 'templates' | 'projects'

export interface Resource {
  readonly name: ResourceName
  readonly singular: string
  readonly columns: readonly Column[]
}

const name: Column = { name: 'name', kind: 'text', required: true }
const email: Column = { name: 'email', kind: 'email' }
const ofClient: Column = { name: 'client_id', kind: 'reference', target: 'clients' }

export const RESOURCES: readonly Resource[] = [
  {
    name: 'clients',
    singular: 'client',
    columns: [
      name,
      email,
      { name: 'city', kind: 'text' },
      { name: 'status', kind: 'choice', choices: ['lead', 'active', 'former'] },
    ],
  },
  {
    name: 'contacts',
    singular: 'contact',
    columns: [name, email, { name: 'phone', kind: 'text' }, ofClient],
  },
  {
    name: 'users',
    singular: 'user',
    columns: [
      name,
      { ...email, required: true },
      { name: 'role', kind: 'choice', choices: ['member', 'admin', 'guest'] },
    ],
  },
  {
    name: 'templates',
    singular: 'template',
    columns: [name, { name: 'subject', kind: 'text' }, { name: 'body', kind: 'long-text' }],
  },
  {
    name: 'projects',
    singular: 'project',
    columns: [
      name,
      { name: 'status', kind: 'choice', choices: ['planned', 'active', 'done'] },
      { name: 'due_on', kind: 'date' },
      { name: 'budget_cents', kind: 'cents' },
      ofClient,
    ],
  },
]

/** What a request needs: a scope for each resource, or one for all where the contract documents it so. */
export interface ScopeNames {
  read(resource: Resource): string
  write(resource: Resource): string
}

const BY_RESOURCE: ScopeNames = {
  read: ({ name }) => `${name}:read`,
  write: ({ name }) => `${name}:write`,
}
const FOR_ALL: ScopeNames = { read: () => 'read', write: () => 'write' }

export function scopeNamesOf(contract: ContractName | undefined): ScopeNames {
  return contract === 'mister-james' ? FOR_ALL : BY_RESOURCE
}
