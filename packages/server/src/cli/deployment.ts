// Opens what a command works on: configuration, master key, database, tenant. Closes the database after it.

import type { Setting } from '../config/environment.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { resolveTenants } from '../config/tenants.ts'
import { codeSealerOf } from '../identity/access-identifiers.ts'
import type { CodeContext } from '../operations/access-identifiers.ts'
import type { ClientContext } from '../operations/clients.ts'
import type { KeyContext } from '../operations/keys.ts'
import { systemClock } from '../platform/clock.ts'
import { loadMasterKey } from '../platform/master-key.ts'
import { Sealer } from '../platform/seal.ts'
import type { Log } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import { signingKeySealer } from '../tokens/keys.ts'
import type { SharedOptions } from './command.ts'
import { UsageError } from './failure.ts'
import type { Host } from './host.ts'

/** Everything that operations ask for. */
export type Context = ClientContext & KeyContext & CodeContext

export interface TenantOptions extends SharedOptions {
  readonly tenant?: string
}

export function readConfig(
  options: SharedOptions,
  host: Host,
  flags: readonly Setting[] = [],
): Config {
  return loadConfig({ file: options.config, env: host.env, flags }).config
}

export interface Deployment {
  readonly masterKey: Buffer
  readonly store: Store
}

/**
 * The master key comes first: it is made with the database, and never for one that is there already.
 * SQLite belongs to one server, so it is brought up to date at once; PostgreSQL waits for `ostiary migrate`.
 */
export async function openDeployment(
  { database, masterKey: configured }: Pick<Config, 'database' | 'masterKey'>,
  host: Host,
  options: { readonly migrate?: boolean; readonly patient?: boolean; readonly log?: Log } = {},
): Promise<Deployment> {
  const masterKey = loadMasterKey({ masterKey: configured, database })
  const { migrate = database.kind === 'sqlite' } = options
  return { masterKey, store: await host.parts.openStore(database, { ...options, migrate }) }
}

/** Runs an operation for the tenant that --tenant names, or for the only one. @param options `patient` for a long one */
export async function withTenant<Result>(
  options: TenantOptions & { readonly patient?: boolean },
  host: Host,
  operate: (context: Context) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(options, host)
  const tenant = pickTenant(resolveTenants(config), options.tenant)
  const { patient = false } = options
  const deployment = await openDeployment(config, host, { patient })
  try {
    return await operate(await createContext(tenant, deployment, host))
  } finally {
    await deployment.store.close()
  }
}

export async function createContext(
  tenant: Tenant,
  { store, masterKey }: Deployment,
  host: Host,
): Promise<Context> {
  const sealer = new Sealer(masterKey)
  return {
    tenant,
    store,
    clock: systemClock,
    actor: 'cli',
    sealer: signingKeySealer(sealer, tenant),
    codeSealer: codeSealerOf(sealer, tenant),
    grantTypes: await host.parts.listGrantTypes(),
  }
}

function pickTenant(tenants: readonly Tenant[], name: string | undefined): Tenant {
  const names = tenants.map((tenant) => tenant.name).join(', ')
  const found = name === undefined ? tenants : tenants.filter((tenant) => tenant.name === name)
  const [tenant, ...others] = found
  if (!tenant) throw new UsageError(`there is no tenant "${name}": choose among ${names}`)
  if (others.length > 0) throw new UsageError(`say which tenant with --tenant: ${names}`)
  return tenant
}
