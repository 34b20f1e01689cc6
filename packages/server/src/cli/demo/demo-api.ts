// The API that the demo protects: a module with `registerApi` and `registerMetadata` (Fastify plugins), and
// beside it a scopes.ts with `scopes`.

import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { ScopeDefinition } from '../../protocol/tenant.ts'
import { UsageError } from '../failure.ts'
import { ORGANISATIONS } from './cast.ts'
import { API_PATH } from './demo-config.ts'

export interface DemoApi {
  readonly scopes: readonly ScopeDefinition[]
  /** undefined when there is no API to serve, only its scopes. */
  readonly mount: ((server: FastifyInstance, wiring: ApiWiring) => Promise<void>) | undefined
}

export interface ApiWiring {
  readonly issuer: string
  readonly audience: string
  readonly folder: string
  /** The API's own credentials, with which it introspects. */
  readonly clientId: string
  readonly clientSecret: string
}

const NO_API: DemoApi = {
  scopes: [
    {
      name: 'contacts:read',
      description: { en: 'see your contacts', de: 'Ihre Kontakte ansehen' },
      group: { en: 'Contacts', de: 'Kontakte' },
      access: 'read',
      sensitive: false,
      optional: false,
    },
  ],
  mount: undefined,
}

/** @throws UsageError when the module is not such an API */
export async function loadDemoApi(file: string | undefined): Promise<DemoApi> {
  if (file === undefined) return NO_API
  const url = pathToFileURL(resolve(file))
  const { registerApi, registerMetadata } = await importModule(url)
  const { scopes } = await importModule(new URL('scopes.ts', url))
  if (!isPlugin(registerApi) || !isPlugin(registerMetadata) || !Array.isArray(scopes)) {
    throw new UsageError(
      `${file} is not an API for the demo: export registerApi and registerMetadata, and scopes from scopes.ts beside it`,
    )
  }
  return {
    scopes,
    async mount(server, { issuer, audience, folder, clientId, clientSecret }) {
      await server.register(registerMetadata, { issuer, audience })
      await server.register(registerApi, {
        prefix: API_PATH,
        issuer,
        audience,
        clientId,
        clientSecret,
        databasePath: join(folder, 'crm.db'),
        organisations: ORGANISATIONS.map(({ id, units = [] }) => ({ id, units })),
      })
    },
  }
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
