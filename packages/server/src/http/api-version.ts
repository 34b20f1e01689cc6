// Requests that name a version of the API, on routes that have versions: what a program is told about the version it
// was written for. Nobody who looks at a page sees any of it.

import { chooseApiVersion, DEFAULT_VERSION_HEADER } from '@ostiary/resource/api-version-choice'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import type { IncomingRequest, Reply } from '../protocol/message.ts'
import { readReader, readUiLocales } from './read.ts'
import { addVary } from './respond.ts'
import type { Route, Site } from './route.ts'

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly route: Route
  readonly site: Site
}

/** Says on the answer which version is served. @returns the refusal, when that one is unknown or retired */
export function serveVersion(exchange: Exchange): Reply | undefined {
  const { request, reply, route } = exchange
  if (!route.apiVersions) return undefined
  const requested = request.headers[DEFAULT_VERSION_HEADER.toLowerCase()]?.toString()
  const choice = chooseApiVersion(route.apiVersions.published(), { requested })
  reply.headers(choice.headers)
  addVary(reply, DEFAULT_VERSION_HEADER)
  if (choice.version === undefined) return refuse(choice.refusal.supported_versions, exchange)
  return undefined
}

/**
 * Counts the version that an app has named, once the answer shows that it is the app's: a signed-in user has allowed it.
 * Anybody can send its name and a version, and its developers would be told of calls that they never made.
 */
export function countVersion(
  incoming: IncomingRequest,
  answer: Reply,
  { request, route }: Pick<Exchange, 'request' | 'route'>,
): void {
  if (!route.apiVersions || answer.kind !== 'authorization') return
  const requested = request.headers[DEFAULT_VERSION_HEADER.toLowerCase()]?.toString()
  const { version } = chooseApiVersion(route.apiVersions.published(), { requested })
  const [clientId] = incoming.params.get('client_id') ?? []
  if (requested !== undefined && version !== undefined && clientId !== undefined) {
    route.apiVersions.recordUse(clientId, version, incoming.log)
  }
}

/** Only a program sends that header, so it gets JSON, also where people get pages. */
function refuse(supported: readonly string[], { request, site }: Exchange): Reply {
  const error = new OAuthError('version_unsupported', { parameter: supported.join(', ') })
  request.log.info({ reason: error.reason }, 'request refused')
  const reader = { ...readReader(request), uiLocales: readUiLocales(request) }
  const { text, language } = site.describeError(error, reader)
  const { status, body } = site.errorResponse(error, text)
  return { kind: 'json', status, body: { ...body, supported_versions: supported }, language }
}
