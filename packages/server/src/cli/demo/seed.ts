// Brings the cast of the demo into the store, once. What is there stays; only secrets that demo.json has lost are
// replaced, because nobody could know them any more.

import { findContract } from '../../contracts/index.ts'
import { verifyPassword } from '../../identity/passwords.ts'
import type { NewClient } from '../../operations/client-input.ts'
import { addClientSecret, revokeClientSecret } from '../../operations/client-secrets.ts'
import { updateClient } from '../../operations/client-update.ts'
import { createClient } from '../../operations/clients.ts'
import { createOrganisation } from '../../operations/organisations.ts'
import type { NewUser } from '../../operations/user-input.ts'
import { changePassword, createUser } from '../../operations/users.ts'
import { sha256 } from '../../platform/hash.ts'
import { asClientId } from '../../protocol/ids.ts'
import type { ClientRecord, ClientWithSecrets } from '../../store/records.ts'
import type { Context } from '../deployment.ts'
import { generatePassword } from '../secret-input.ts'
import { type DemoClient, listDemoApps } from './apps.ts'
import { ORGANISATIONS, USERS } from './cast.ts'
import type { DemoKeyExchange, DemoUser, KnownSecrets } from './demo-file.ts'
import { seedKeyExchange } from './key-exchange.ts'

export interface Seeded {
  readonly users: readonly SeededUser[]
  readonly clients: readonly SeededClient[]
  /** Of a contract with an endpoint for it. */
  readonly keyExchange: DemoKeyExchange | undefined
}

export interface SeededUser extends DemoUser {
  readonly id: string
}

export interface SeededClient {
  readonly client: ClientRecord
  readonly secret: string | undefined
  readonly note: string
}

/** Names of the secrets that the demo itself has made: only those are its to replace. */
const OWN_SECRETS = ['first', 'demo']

/** The people have one password each, whatever the tenant. */
export function settlePasswords(known: KnownSecrets): ReadonlyMap<string, string> {
  return new Map(
    USERS.map(({ username }) => [username, known.passwordOf(username) ?? generatePassword()]),
  )
}

export async function seedDemo(
  context: Context,
  known: KnownSecrets,
  { passwords, folder }: { passwords: ReadonlyMap<string, string>; folder: string },
): Promise<Seeded> {
  await seedOrganisations(context)
  const cast = listDemoApps(context.tenant, context.clock.nowSeconds())
  const users = await Promise.all(
    USERS.map((user) => seedUser(user, passwords.get(user.username) ?? '', context)),
  )
  const clients = await Promise.all(cast.map((client) => seedClient(client, known, context)))
  const { name, contract } = context.tenant
  const hasExchange = findContract(contract)?.paths.applicationKeyToken !== undefined
  return {
    users,
    clients,
    keyExchange: hasExchange
      ? await seedKeyExchange(known.keyExchangeOf(name), folder, context)
      : undefined,
  }
}

async function seedOrganisations(context: Context): Promise<void> {
  const { store, tenant } = context
  for (const organisation of ORGANISATIONS) {
    const { id = '' } = organisation
    if ((await store.findOrganisation(tenant.name, id)) !== null) continue
    await createOrganisation(organisation, context)
  }
}

async function seedUser(
  user: Omit<NewUser, 'password'>,
  password: string,
  context: Context,
): Promise<SeededUser> {
  const { username } = user
  const existing = await context.store.findUserByUsername(context.tenant.name, username)
  let id = existing?.id
  if (!existing) {
    id = (await createUser({ ...user, password }, context)).id
  } else if (!(await verifyPassword(password, existing.passwordHash)).correct) {
    await changePassword({ username, password }, context)
  }
  const organisations = (user.memberships ?? []).map(({ organisationId }) => organisationId)
  return { id: id ?? '', username, password, organisations }
}

async function seedClient(
  { note, ...input }: DemoClient,
  known: KnownSecrets,
  context: Context,
): Promise<SeededClient> {
  const existing = await context.store.findClient(context.tenant.name, asClientId(input.id))
  if (!existing) {
    const { client, secret } = await createClient(input, context)
    return { client, secret: secret ?? undefined, note }
  }
  const client = await keepScopes(existing.client, input, context)
  if (client.type === 'public') return { client, secret: undefined, note }
  const secret = known.secretOf(client.tenant, client.id)
  const works = secret !== undefined && isSecretOf(existing, secret)
  return { client, secret: works ? secret : await replaceSecret(existing, context), note }
}

/** An app whose scopes the API has no more gets those that it has: nothing could be done with the others. */
async function keepScopes(
  client: ClientRecord,
  { scopes = [] }: NewClient,
  context: Context,
): Promise<ClientRecord> {
  if (client.scopes.every((scope) => scopes.includes(scope))) return client
  return updateClient({ clientId: client.id, scopes, defaultScopes: [] }, context)
}

function isSecretOf({ secrets }: ClientWithSecrets, secret: string): boolean {
  const hash = sha256(secret)
  return secrets.some((candidate) => candidate.hash === hash)
}

async function replaceSecret(
  { client, secrets }: ClientWithSecrets,
  context: Context,
): Promise<string> {
  for (const { id, name } of secrets) {
    if (!OWN_SECRETS.includes(name)) continue
    await revokeClientSecret({ clientId: client.id, secretId: id }, context)
  }
  const { secret } = await addClientSecret({ clientId: client.id, name: 'demo' }, context)
  return secret
}
