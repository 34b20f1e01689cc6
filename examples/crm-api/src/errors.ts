// Refusals that are no matter of the token: `{ error, error_description }`, the same form as the SDK's.

import type { Guard } from '@ostiary/resource'
import { handleTokenErrors } from '@ostiary/resource/fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const CODES: Readonly<Record<number, string>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
}

/** A refusal that a client can do something about. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly statusCode: number

  constructor(statusCode: number, description: string) {
    super(description)
    this.statusCode = statusCode
  }
}

export function handleErrors(app: FastifyInstance, guard: Guard): void {
  const answerTokenError = handleTokenErrors(guard)

  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.name === 'TokenError') return answerTokenError(error, request, reply)
    const statusCode = error.statusCode ?? 500
    if (statusCode < 500) return sendError(reply, statusCode, describe(error))
    request.log.error(error)
    return sendError(reply, 500, 'Something went wrong on our side.')
  })

  app.setNotFoundHandler((request, reply) =>
    sendError(reply, 404, `There is nothing at this address for ${request.method}.`),
  )
}

/** A handler for the methods that an address does not have (RFC 9110 §15.5.6). */
export function refuseMethod(allowed: readonly string[]) {
  return (_request: FastifyRequest, reply: FastifyReply) => {
    const allow = allowed.join(', ')
    return sendError(reply.header('allow', allow), 405, `This address knows only ${allow}.`)
  }
}

function sendError(reply: FastifyReply, statusCode: number, description: string): FastifyReply {
  const code = statusCode === 500 ? 'server_error' : (CODES[statusCode] ?? 'invalid_request')
  return reply.code(statusCode).send({ error: code, error_description: description })
}

function describe(error: FastifyError): string {
  const problem = error.validation?.[0]
  if (!problem) {
    return error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
      ? 'Send the body as application/json.'
      : error.message
  }
  const place = `${error.validationContext ?? 'request'}${problem.instancePath}`
  const unknown = problem.params.additionalProperty
  return unknown === undefined
    ? `${place} ${problem.message}.`
    : `${place} has an unknown field "${unknown}".`
}
