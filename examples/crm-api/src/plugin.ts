// A small CRM behind OAuth tokens: the sample API of the demo, and a pattern for one's own.
// Mount it under the path of its audience: `app.register(registerApi, { prefix: '/api/v1', ...options })`.

import { type ContractName, createGuard, type GuardOptions } from '@ostiary/resource'
import { protect, resourceMetadata, versioned } from '@ostiary/resource/fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type AccessOptions, createAccess } from './access.ts'
import { allowOrigins } from './cors.ts'
import { handleErrors, RequestError } from './errors.ts'
import { RESOURCES, scopeNamesOf } from './resources.ts'
import { addResource, type Organisation, refuseOtherMethods } from './routes.ts'
import { createValidatorCompiler } from './schemas.ts'
import { scopesOf } from './scopes.ts'
import { seedRows } from './seed.ts'
import { Store } from './store.ts'

export interface ApiOptions extends ResourceOptions, AccessOptions {
  /** A file of its own for each mount, or `:memory:`. */
  readonly databasePath: string
  /** Whose rows are made on the first start, and which units a new row may belong to. */
  readonly organisations: readonly Organisation[]
  /** This API's own credentials at the issuer, for opaque tokens and secret keys. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** Whether a body must be sent as `application/json` without parameters. Default: as the contract `json-api` has it. */
  readonly strictJson?: boolean
  /** Of apps whose pages may call this API from a browser. */
  readonly origins?: readonly string[]
  /** Whether a request may name one of the versions that the issuer publishes (X-VERSION). */
  readonly versions?: boolean
}

export interface ResourceOptions {
  readonly issuer: string
  readonly audience: string
  /** Wire contract of the issuer: what its tokens look like, and which scopes it documents. */
  readonly contract?: ContractName
  /** How to reach the issuer. Default: the global fetch. */
  readonly fetch?: typeof fetch
}

export async function registerApi(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { contract, clientId, clientSecret, databasePath, organisations } = options
  const guard = createGuard({
    ...guardOptions(options),
    ...(contract && { contract }),
    ...(clientId && clientSecret && { introspection: { clientId, clientSecret } }),
  })
  const store = new Store(databasePath, RESOURCES, (created) => seedRows(created, organisations))
  // Before anything stops: in the demo, the issuer that is told the last uses is this very server.
  app.addHook('preClose', () => guard.close())
  app.addHook('onClose', async () => store.close())

  // What a token opens is for its bearer alone: no cache on the way may keep it (RFC 9111 §5.2.2.5).
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  allowOrigins(app, options.origins ?? [])
  acceptOnlyJson(app, options.strictJson ?? contract === 'json-api')
  app.setValidatorCompiler(createValidatorCompiler())
  handleErrors(app, guard)
  // Before everything else, so that every answer says how the version stands.
  if (options.versions) app.addHook('onRequest', versioned(guard))

  app.get('/me', { onRequest: protect(guard) }, ({ token, apiVersion }) => ({
    subject: token.subject,
    user_id: token.userId ?? null,
    client_id: token.clientId ?? null,
    organisation_id: token.organisationId ?? null,
    unit_id: token.unitId ?? null,
    scopes: [...token.scopes],
    expires_at: new Date(token.expiresAtSeconds * 1000).toISOString(),
    ...(options.versions && { api_version: apiVersion }),
  }))
  refuseOtherMethods(app, '/me', ['GET', 'HEAD'])
  const access = createAccess(options)
  const scopeNames = scopeNamesOf(contract)
  const context = { guard, access, scopeNames, store, resources: RESOURCES, organisations }
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
  // The document is the same whatever the tokens look like.
  const guard = createGuard({ ...guardOptions(options), contract: 'standard' })
  app.get(guard.metadataPath(), resourceMetadata(guard))
}

function guardOptions({ issuer, audience, contract, fetch }: ResourceOptions): GuardOptions {
  return {
    issuer,
    audience,
    name: 'Sample CRM',
    scopes: scopesOf(contract).map(({ name }) => name),
    ...(fetch && { fetch }),
  }
}

/** Whatever parsers the outer instance has, a form is no body for this API. */
function acceptOnlyJson(app: FastifyInstance, strict: boolean): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  if (strict) app.addHook('onRequest', refuseMediaTypeParameters)
}

/** Names of media types ignore case (RFC 9110 §8.3.1). */
const STRICT_JSON = /^application\/json$/i

/** Before the scopes of the token are looked at: such a body is wrong for everybody. Who has no token hears that first. */
async function refuseMediaTypeParameters({ headers }: FastifyRequest): Promise<void> {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (headers.authorization === undefined || !hasBody) return
  if (STRICT_JSON.test(headers['content-type'] ?? '')) return
  throw new RequestError(415, 'Send the body as application/json, without parameters.')
}
