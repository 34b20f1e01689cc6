// `@ostiary/resource/express`: the guard as middleware of Express.

import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { AccessToken } from './access-token.ts'
import type { Guard } from './guard.ts'
import { readCredentials } from './node-request.ts'
import type { Refusal } from './refusal.ts'
import type { Requirements } from './requirements.ts'
import { RESOURCE_METADATA_HEADERS } from './resource-metadata.ts'
import { TokenError } from './token-error.ts'
import { writeVersionHeaders } from './version-gate.ts'

declare global {
  namespace Express {
    interface Request {
      /** The verified token, on routes behind `protect`; not there on others. */
      token: AccessToken
      /** The version of the API that the request is to be served, after `versioned`; not there on others. */
      apiVersion: string
    }
  }
}

/** Lets a request pass with a good token only: `app.get('/contacts', protect(guard, { scopes: ['contacts:read'] }), …)`. */
export function protect(guard: Guard, requirements: Requirements<Request> = {}): RequestHandler {
  guard.assertRequirements(requirements)
  return async (request, response, next) => {
    const credentials = readCredentials(request, request.body)
    const verdict = await guard.authorize(credentials, requirements, request)
    if (!verdict.ok) return send(response, verdict.refusal)
    request.token = verdict.token
    next()
  }
}

/** Error middleware for tokens refused inside handlers; other errors go on: `app.use(handleTokenErrors(guard))`. */
export function handleTokenErrors(guard: Guard): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (error instanceof TokenError) send(response, guard.refuse(error))
    else next(error)
  }
}

/**
 * Serves each request the version that it names: `app.use(versioned(guard))`. Before `protect`, so that refusals say
 * too how the version stands, and after the middleware of CORS, if there is one.
 */
export function versioned(guard: Guard): RequestHandler {
  return async (request, response, next) => {
    const verdict = await guard.versions.choose(request.get(guard.versions.header), request)
    writeVersionHeaders(verdict, {
      get: (name) => response.get(name),
      set: (name, value) => response.set(name, value),
    })
    if (!verdict.ok) return send(response, verdict.refusal)
    request.apiVersion = verdict.version
    next()
  }
}

/** The handler of `app.get(guard.metadataPath(), …)` (RFC 9728 §3). */
export function resourceMetadata(guard: Guard): RequestHandler {
  return (_request, response) => {
    response.set(RESOURCE_METADATA_HEADERS).json(guard.metadata())
  }
}

function send(response: Response, refusal: Refusal): void {
  response.status(refusal.status).set(refusal.headers).json(refusal.body)
}
