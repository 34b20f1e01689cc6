// One request, from HTTP to its endpoint and back: the only place where failures become answers.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { OAuthError, PageError } from '../protocol/errors.ts'
import { optional } from '../protocol/params.ts'
import { countVersion, serveVersion } from './api-version.ts'
import { allowOrigin } from './cors.ts'
import { checkSameOrigin } from './csrf.ts'
import { answerFailure } from './failures.ts'
import { JSON_HEADERS } from './headers.ts'
import { addressAtIssuer } from './loopback-names.ts'
import { sendNothing, usualRefusal } from './nothing.ts'
import { rawPath, readReader, readRequest } from './read.ts'
import { type ReplyContext, sendRedirect, sendReply } from './respond.ts'
import type { Route, Site } from './route.ts'
import { cameInTheClear } from './transport.ts'

export interface Context {
  readonly route: Route
  readonly site: Site
}

export async function serveRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
): Promise<FastifyReply> {
  const { route, site } = context
  try {
    if (cameInTheClear(request, site)) throw new OAuthError('transport_insecure')
    await allowOrigin(request, reply, context)
    if (!isSpelledAs(rawPath(request), route.path)) {
      return sendNotFound(request, reply, context)
    }
    const elsewhere = route.audience === 'page' ? addressAtIssuer(request, site.issuer) : undefined
    if (elsewhere !== undefined) return sendRedirect(reply, elsewhere)
    if (route.audience === 'page' && request.method === 'POST' && !route.crossSitePost) {
      checkSameOrigin(request.headers, site.issuer)
    }
    const incoming = readRequest(request, route, site)
    request.clientId = optional(incoming.params, 'client_id')
    const refused = serveVersion({ request, reply, ...context })
    const made = refused ?? (await route.endpoint(incoming))
    const answer = made.kind === 'held' ? await request.hold(made) : made
    countVersion(incoming, answer, { request, route })
    return sendReply(reply, answer, { ...context, ...readerOf(request) })
  } catch (error) {
    return sendFailure(error, { request, reply, ...context })
  }
}

/** A path that only decodes to this route is not this route: but for what its parameters stand for. */
function isSpelledAs(path: string, pattern: string): boolean {
  if (!pattern.includes('/:')) return path === pattern
  const segments = path.split('/')
  const wanted = pattern.split('/')
  return (
    segments.length === wanted.length &&
    wanted.every((segment, at) => segment.startsWith(':') || segment === segments[at])
  )
}

export function sendFailure(
  error: unknown,
  input: Context & { request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { request, reply, route, site } = input
  const answer = answerFailure(error, { request, route, site })
  return sendReply(reply, answer, { route, site, ...readerOf(request) })
}

/** Where a form leads on within our pages, the address carries what it has brought. */
function readerOf(request: FastifyRequest): Pick<ReplyContext, 'reader' | 'afterForm'> {
  const { method, raw } = request
  const afterForm = method === 'POST' || (raw.url ?? '').includes('?interaction=')
  return { reader: readReader(request), afterForm }
}

function sendNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
): FastifyReply {
  const error = new PageError('not_found')
  if (context.route.audience === 'page') return sendFailure(error, { request, reply, ...context })
  return sendNothing(request, reply, context.site)
}

export function refuseMethod(
  reply: FastifyReply,
  input: Context & { request: FastifyRequest; allowed: readonly string[] },
): FastifyReply {
  const { request, route, site, allowed } = input
  reply.header('allow', allowed.join(', '))
  if (route.audience === 'page') {
    const error = new PageError('method_not_allowed')
    return sendFailure(error, { request, reply, route, site })
  }
  const body = (site.routingRefusal ?? usualRefusal)(
    405,
    `Use ${allowed.join(' or ')} for this address.`,
  )
  return reply.code(405).headers(JSON_HEADERS).send(JSON.stringify(body))
}
