// `@ostiary/resource/fastify`: the guard as hooks and handlers of Fastify.

import type { FastifyReply, FastifyRequest, RouteGenericInterface } from 'fastify'
import type { AccessToken } from './access-token.ts'
import type { Guard } from './guard.ts'
import { readCredentials } from './node-request.ts'
import type { Refusal } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import { RESOURCE_METADATA_HEADERS } from './resource-metadata.ts'
import { TokenError } from './token-error.ts'
import { writeVersionHeaders } from './version-gate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified token, on routes behind `protect`; not there on others. */
    token: AccessToken
    /** The version of the API that the request is to be served, after `versioned`; not there on others. */
    apiVersion: string
  }
}

/** What Fastify makes of a path and a query when no schema says otherwise. */
interface UsualRoute extends RouteGenericInterface {
  Params: Record<string, string | undefined>
  Querystring: Record<string, string | readonly string[] | undefined>
}

/**
 * A hook that lets a request pass with a good token only: `{ onRequest: protect(guard, { scopes: ['contacts:read'] }) }`.
 * As `onRequest`, it refuses before a body is read; requirements that look at the body need `preHandler`.
 */
export function protect<Route extends RouteGenericInterface = UsualRoute>(
  guard: Guard,
  requirements: Requirements<FastifyRequest<Route>> = {},
) {
  guard.assertRequirements(requirements)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const credentials = readCredentials(request.raw, request.body)
    // The hook runs on the route that the requirements were written for.
    const asked = request as FastifyRequest<Route>
    const verdict = await guard.authorize(credentials, requirements, asked)
    if (!verdict.ok) return send(reply, verdict.refusal)
    request.token = verdict.token
    return undefined
  }
}

/** An error handler for tokens refused inside handlers; other errors go on: `app.setErrorHandler(handleTokenErrors(guard))`. */
export function handleTokenErrors(guard: Guard) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): unknown => {
    if (!(error instanceof TokenError)) throw error
    return send(reply, guard.refuse(error))
  }
}

/**
 * A hook that serves each request the version that it names: `app.addHook('onRequest', versioned(guard))`. Before
 * `protect`, so that refusals say too how the version stands, and after the hook of CORS, if there is one.
 */
export function versioned(guard: Guard) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const requested = request.headers[guard.versions.header]
    const verdict = await guard.versions.choose(requested?.toString(), request)
    writeVersionHeaders(verdict, {
      get: (name) => reply.getHeader(name),
      set: (name, value) => reply.header(name, value),
    })
    if (!verdict.ok) return send(reply, verdict.refusal)
    request.apiVersion = verdict.version
    return undefined
  }
}

/** The handler of `app.get(guard.metadataPath(), …)` (RFC 9728 §3). */
export function resourceMetadata(guard: Guard) {
  return (_request: FastifyRequest, reply: FastifyReply): unknown =>
    reply.headers(RESOURCE_METADATA_HEADERS).send(guard.metadata())
}

function send(reply: FastifyReply, refusal: Refusal): unknown {
  return reply.code(refusal.status).headers(refusal.headers).send(refusal.body)
}
