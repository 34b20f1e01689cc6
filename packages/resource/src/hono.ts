// `@ostiary/resource/hono`: the guard as middleware of Hono.

import type { Context, ErrorHandler, Handler, MiddlewareHandler } from 'hono'
import type { AccessToken } from './access-token.ts'
import type { Guard } from './guard.ts'
import { toResponse } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import { RESOURCE_METADATA_HEADERS } from './resource-metadata.ts'
import { TokenError } from './token-error.ts'
import { writeVersionHeaders } from './version-gate.ts'

/** Gives handlers behind `protect` a typed `c.get('token')`. */
export type TokenEnvironment = { Variables: { token: AccessToken } }

/** Gives handlers behind `versioned` a typed `c.get('apiVersion')`. */
export type VersionEnvironment = { Variables: { apiVersion: string } }

/** Lets a request pass with a good token only: `app.get('/contacts', protect(guard, { scopes: ['contacts:read'] }), …)`. */
export function protect(
  guard: Guard,
  requirements: Requirements<Context> = {},
): MiddlewareHandler<TokenEnvironment> {
  guard.assertRequirements(requirements)
  return async (context, next) => {
    const credentials = { authorization: context.req.header('authorization'), url: context.req.url }
    const verdict = await guard.authorize(credentials, requirements, context)
    if (!verdict.ok) return toResponse(verdict.refusal)
    context.set('token', verdict.token)
    return await next()
  }
}

/** An error handler for tokens refused inside handlers; other errors go on: `app.onError(handleTokenErrors(guard))`. */
export function handleTokenErrors(guard: Guard): ErrorHandler {
  return (error) => {
    if (!(error instanceof TokenError)) throw error
    return toResponse(guard.refuse(error))
  }
}

/**
 * Serves each request the version that it names: `app.use(versioned(guard))`. Before `protect`, so that refusals say
 * too how the version stands.
 */
export function versioned(guard: Guard): MiddlewareHandler<VersionEnvironment> {
  return async (context, next) => {
    const requested = context.req.header(guard.versions.header)
    const verdict = await guard.versions.choose(requested, context)
    if (verdict.ok) {
      context.set('apiVersion', verdict.version)
      await next()
    } else {
      context.res = toResponse(verdict.refusal)
    }
    writeVersionHeaders(verdict, {
      get: (name) => context.res.headers.get(name),
      set: (name, value) => context.header(name, value),
    })
  }
}

/** The handler of `app.get(guard.metadataPath(), …)` (RFC 9728 §3). */
export function resourceMetadata(guard: Guard): Handler {
  return (context) => context.json(guard.metadata(), 200, RESOURCE_METADATA_HEADERS)
}
