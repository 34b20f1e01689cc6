// What is answered where no route is: to a person's browser by a page, to every other caller as the tenant's clients read
// it. At the address of an issuer the page says what is here.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RoutingRefusal } from '../contracts/contract.ts'
import { PageError } from '../protocol/errors.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import type { FrontPage } from '../protocol/page.ts'
import { answerPageError } from './failures.ts'
import { JSON_HEADERS } from './headers.ts'
import { rawPath, readReader, readUiLocales } from './read.ts'
import { sendPage } from './respond.ts'
import type { Place } from './route.ts'
import { cameInTheClear, TRANSPORT_SECURITY } from './transport.ts'

/** @param place below whose issuer it would be; undefined where only monitoring asks */
export function sendNothing(
  request: FastifyRequest,
  reply: FastifyReply,
  place: Place | undefined,
): FastifyReply {
  if (place && isBrowser(request)) return sendPageOf(place, request, reply)
  const body = (place?.routingRefusal ?? usualRefusal)(404, NOTHING_HERE)
  return reply.code(404).headers(JSON_HEADERS).send(JSON.stringify(body))
}

const NOTHING_HERE = 'There is nothing at this address.'

export const usualRefusal: RoutingRefusal = (status, description) => ({
  error: status === 404 ? 'not_found' : 'invalid_request',
  error_description: description,
})

/** Only what a person has opened asks for a document by name: scripts and programs take anything, or JSON. */
function isBrowser({ headers, method }: FastifyRequest): boolean {
  return NAVIGATING.has(method) && headers.accept?.includes('text/html') === true
}

const NAVIGATING = new Set(['GET', 'HEAD', 'POST'])

function sendPageOf(place: Place, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, page } =
    request.method !== 'POST' && isFront(rawPath(request), place)
      ? { status: 200, page: frontPage(place, request) }
      : answerPageError(new PageError('not_found'), request)
  const isSecure = place.issuer?.startsWith('https:') && !cameInTheClear(request, place)
  if (isSecure) reply.header('strict-transport-security', TRANSPORT_SECURITY)
  return sendPage(reply.code(status), place.renderPage(page, readReader(request)), { site: place })
}

/** The address of the issuer, or the beginning of a host that has none there. */
function isFront(path: string, { issuer }: Place): boolean {
  const front = issuer === undefined ? '' : withoutSlash(new URL(issuer).pathname)
  return ['', front].includes(withoutSlash(path))
}

const withoutSlash = (path: string) => path.replace(/\/$/, '')

function frontPage({ issuer, routes }: Place, request: FastifyRequest): FrontPage {
  const sections = (['connectedApps', 'developerApps'] as const).filter((section) =>
    routes.some(({ path }) => path === OWN_PATHS[section]),
  )
  return { page: 'front', uiLocales: readUiLocales(request), issuer, sections }
}
