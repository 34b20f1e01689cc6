// Fits out the database of Ostiary: apps and users, by the operations behind the command line.

import { randomBytes } from 'node:crypto'
import { loadConfig } from '../../packages/server/src/config/load.ts'
import { resolveTenants } from '../../packages/server/src/config/tenants.ts'
import { GRANT_TYPES } from '../../packages/server/src/grants/index.ts'
import type { NewClient } from '../../packages/server/src/operations/client-input.ts'
import { type ClientContext, createClient } from '../../packages/server/src/operations/clients.ts'
import { createOrganisation } from '../../packages/server/src/operations/organisations.ts'
import { createUser } from '../../packages/server/src/operations/users.ts'
import { systemClock } from '../../packages/server/src/platform/clock.ts'
import { openStore } from '../../packages/server/src/store/sql/open.ts'
import type { Credentials } from './calls.ts'
import { AUDIENCE, REDIRECT_URI, SCOPE, USERS } from './subject.ts'

const FURTHER_APPS = 511
/** With a thousand revocations each, enough for ten minutes at the rate of SQLite. */
const FURTHER_MACHINES = 255

export interface OstiaryUser {
  readonly username: string
  readonly password: string
}

export interface Fitted {
  readonly jwtMachine: Credentials
  readonly opaqueMachine: Credentials
  /** Of the tenant with opaque tokens, like everything below. They revoke where one may not revoke so many. */
  readonly furtherMachines: readonly Credentials[]
  readonly app: Credentials
  /** The operator's own, which ask nobody: so that no user gets more codes or grants of one than the limits allow. */
  readonly furtherApps: readonly Credentials[]
  /** The API's own credentials. */
  readonly api: Credentials
  readonly users: readonly OstiaryUser[]
}

/** @param value the configuration as in its file */
export async function fitOut(value: object): Promise<Fitted> {
  const { config } = loadConfig({ env: {}, value })
  const store = await openStore(config.database, { migrate: true })
  try {
    const [jwt, opaque] = resolveTenants(config).map(
      (tenant): ClientContext => ({
        tenant,
        store,
        clock: systemClock,
        actor: 'operator',
        grantTypes: GRANT_TYPES,
      }),
    )
    if (!jwt || !opaque) throw new Error('the configuration needs two tenants')
    return {
      jwtMachine: await addClient({ name: 'Machine', scopes: [SCOPE] }, jwt),
      opaqueMachine: await addClient({ name: 'Machine', scopes: [SCOPE] }, opaque),
      furtherMachines: await addFurtherMachines(opaque),
      app: await addClient({ name: 'App', scopes: [SCOPE], redirectUris: [REDIRECT_URI] }, opaque),
      furtherApps: await addFurtherApps(opaque),
      api: await addClient({ name: 'API', resourceServer: AUDIENCE }, opaque),
      users: await addUsers(opaque),
    }
  } finally {
    await store.close()
  }
}

async function addClient(
  input: Omit<NewClient, 'type'>,
  context: ClientContext,
): Promise<Credentials> {
  const { client, secret } = await createClient({ ...input, type: 'confidential' }, context)
  if (secret === null) throw new Error(`${client.name} has no secret`)
  return { id: client.id, secret }
}

async function addFurtherMachines(context: ClientContext): Promise<Credentials[]> {
  const machines: Credentials[] = []
  for (let index = 1; index <= FURTHER_MACHINES; index++) {
    machines.push(await addClient({ name: `Machine ${index}`, scopes: [SCOPE] }, context))
  }
  return machines
}

async function addFurtherApps(context: ClientContext): Promise<Credentials[]> {
  const apps: Credentials[] = []
  for (let index = 1; index <= FURTHER_APPS; index++) {
    const scopes = { scopes: [SCOPE], redirectUris: [REDIRECT_URI] }
    apps.push(await addClient({ name: `App ${index}`, party: 'first', ...scopes }, context))
  }
  return apps
}

async function addUsers(context: ClientContext): Promise<OstiaryUser[]> {
  const organisation = await createOrganisation({ name: 'Acme' }, context)
  const memberships = [{ organisationId: organisation.id }]
  const users: OstiaryUser[] = []
  for (let index = 0; index < USERS; index++) {
    const user = { username: `user-${index}`, password: randomBytes(12).toString('base64url') }
    await createUser({ ...user, name: `User ${index}`, memberships }, context)
    users.push(user)
  }
  return users
}
