// The API that the demo protects: a module with `registerApi` and `registerMetadata` (Fastify plugins), and
// beside it a scopes.ts with `scopes`, and `contractScopes` where a contract documents its own.

import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { defaultAudience, type ScopeDefinition, type Tenant } from '../../protocol/tenant.ts'
import { UsageError } from '../failure.ts'
import { ORGANISATIONS } from './cast.ts'
import type { SeededUser } from './seed.ts'

export interface DemoApi {
  scopesOf(contract: string): readonly ScopeDefinition[]
  /** undefined when there is no API to serve, only its scopes. */
  readonly mount: ((server: FastifyInstance, wiring: ApiWiring) => Promise<void>) | undefined
}

export interface ApiWiring {
  readonly tenant: Tenant
  readonly folder: string
  /** The product knows its own users. */
  readonly users: readonly SeededUser[]
  /** Of the apps that are registered in the demo. */
  readonly origins: readonly string[]
  /** The API's own credentials, with which it introspects. */
  readonly clientId: string
  readonly clientSecret: string
}

const GROUP = {
  en: 'All data',
  de: 'Alle Daten',
  nl: 'Alle gegevens',
  fr: 'Toutes les données',
  el: 'Όλα τα δεδομένα',
}

/** The names that a vendor's documentation has, which will do for the others. */
const SCOPES_WITHOUT_API: readonly ScopeDefinition[] = [
  {
    name: 'read',
    description: {
      en: 'see your data',
      de: 'Ihre Daten ansehen',
      nl: 'uw gegevens bekijken',
      fr: 'voir vos données',
      el: 'να βλέπει τα δεδομένα σας',
    },
    group: GROUP,
    access: 'read',
    sensitive: false,
    optional: false,
  },
  {
    name: 'write',
    description: {
      en: 'add, change and delete your data',
      de: 'Ihre Daten anlegen, ändern und löschen',
      nl: 'uw gegevens toevoegen, wijzigen en verwijderen',
      fr: 'ajouter, modifier et supprimer vos données',
      el: 'να προσθέτει, να αλλάζει και να διαγράφει τα δεδομένα σας',
    },
    group: GROUP,
    access: 'delete',
    sensitive: false,
    optional: false,
  },
]

const NO_API: DemoApi = { scopesOf: () => SCOPES_WITHOUT_API, mount: undefined }

/** @throws UsageError when the module is not such an API */
export async function loadDemoApi(file: string | undefined): Promise<DemoApi> {
  if (file === undefined) return NO_API
  const url = pathToFileURL(resolve(file))
  const { registerApi, registerMetadata } = await importModule(url)
  const { scopes, contractScopes = {} } = await importModule(new URL('scopes.ts', url))
  if (!isPlugin(registerApi) || !isPlugin(registerMetadata) || !Array.isArray(scopes)) {
    throw new UsageError(
      `${file} is not an API for the demo: export registerApi and registerMetadata, and scopes from scopes.ts beside it`,
    )
  }
  return {
    scopesOf: (contract) => Object(contractScopes)[contract] ?? scopes,
    async mount(server, { tenant, folder, users, origins, clientId, clientSecret }) {
      const { issuer, contract } = tenant
      const audience = defaultAudience(tenant)
      await server.register(registerMetadata, { issuer, audience, contract })
      await server.register(registerApi, {
        prefix: new URL(audience).pathname,
        issuer,
        audience,
        contract,
        clientId,
        clientSecret,
        origins,
        versions: tenant.apiVersions !== undefined,
        databasePath: join(folder, databaseName(tenant)),
        organisations: ORGANISATIONS.map(({ id, units = [] }) => ({
          id,
          units,
          consumers: users.filter((user) => user.organisations[0] === id).map((user) => user.id),
        })),
        organisationOf: (userId: string) => users.find(({ id }) => id === userId)?.organisations[0],
      })
    },
  }
}

function databaseName({ name }: Tenant): string {
  return name === 'standard' ? 'crm.db' : `crm-${name}.db`
}

async function importModule(url: URL): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(url.href)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`cannot load ${url.pathname}: ${reason}`, { cause })
  }
}

function isPlugin(value: unknown): value is FastifyPluginAsync<Record<string, unknown>> {
  return typeof value === 'function'
}
