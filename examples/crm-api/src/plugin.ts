// A small CRM behind OAuth tokens: the sample API of the demo, and a pattern for one's own.
// Mount it under the path of its audience: `app.register(registerApi, { prefix: '/api/v1', ...options })`.

import { createGuard, type GuardOptions } from '@ostiary/resource'
import { protect, resourceMetadata } from '@ostiary/resource/fastify'
import type { FastifyInstance } from 'fastify'
import { handleErrors } from './errors.ts'
import { RESOURCES } from './resources.ts'
import { addResource, type Organisation, refuseOtherMethods } from './routes.ts'
import { createValidatorCompiler } from './schemas.ts'
import { scopes } from './scopes.ts'
import { seedRows } from './seed.ts'
import { Store } from './store.ts'

export interface ApiOptions extends ResourceOptions {
  readonly databasePath: string
  /** Whose rows are made on the first start, and which units a new row may belong to. */
  readonly organisations: readonly Organisation[]
  /** This API's own credentials at the issuer, with which it can check opaque tokens. */
  readonly clientId?: string
  readonly clientSecret?: string
}

export interface ResourceOptions {
  readonly issuer: string
  readonly audience: string
  /** How to reach the issuer. Default: the global fetch. */
  readonly fetch?: typeof fetch
}

export async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { clientId, clientSecret, databasePath, organisations } = options
  const guard = createGuard({
    ...guardOptions(options),
    ...(clientId && clientSecret && { introspection: { clientId, clientSecret } }),
  })
  const store = new Store(databasePath, RESOURCES, (created) => seedRows(created, organisations))
  app.addHook('onClose', async () => {
    guard.close()
    store.close()
  })

  acceptOnlyJson(app)
  app.setValidatorCompiler(createValidatorCompiler())
  handleErrors(app, guard)

  app.get('/me', { onRequest: protect(guard) }, ({ token }) => ({
    subject: token.subject,
    user_id: token.userId ?? null,
    client_id: token.clientId,
    organisation_id: token.organisationId ?? null,
    unit_id: token.unitId ?? null,
    scopes: [...token.scopes],
    expires_at: new Date(token.expiresAtSeconds * 1000).toISOString(),
  }))
  refuseOtherMethods(app, '/me', ['GET', 'HEAD'])
  const context = { guard, store, resources: RESOURCES, organisations }
  for (const resource of RESOURCES) addResource(app, context, resource)
}

/**
 * The document that tells clients where to get tokens (RFC 9728 §3). Its path starts at the root of
 * the host, so this goes onto the outer instance, without the prefix of the API.
 */
export async function registerMetadata(
  app: FastifyInstance,
  options: ResourceOptions,
): Promise<void> {
  const guard = createGuard(guardOptions(options))
  app.get(guard.metadataPath(), resourceMetadata(guard))
}

function guardOptions({ issuer, audience, fetch }: ResourceOptions): GuardOptions {
  return {
    issuer,
    audience,
    name: 'Sample CRM',
    scopes: scopes.map(({ name }) => name),
    ...(fetch && { fetch }),
  }
}

/** Whatever parsers the outer instance has, a form is no body for this API. */
function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
}
