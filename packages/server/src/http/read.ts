// Turns an HTTP request into an IncomingRequest. Parameters have one source: the body of a POST, the query of a GET.

import type { FastifyRequest } from 'fastify'
import { OAuthError } from '../protocol/errors.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { type Params, parseForm } from '../protocol/params.ts'
import { readCookies } from './cookies.ts'
import type { Route, Site } from './route.ts'

export function readRequest(request: FastifyRequest, route: Route, site: Site): IncomingRequest {
  const { headers } = request
  return {
    method: request.method === 'POST' ? 'POST' : 'GET',
    params: readParams(request, route),
    authorization: headers.authorization,
    origin: headers.origin,
    cookies: readCookies(request, site.tenant),
    acceptLanguage: headers['accept-language'],
    address: request.ip,
    userAgent: headers['user-agent'],
    id: request.id,
    log: request.log,
  }
}

/** The languages that an app asked its user's pages to be in (OIDC Core §3.1.2.1), for pages about a bad request. */
export function readUiLocales(request: FastifyRequest): string | undefined {
  return new URLSearchParams(rawQuery(request)).get('ui_locales') ?? undefined
}

/** The path as it was sent, before anything decodes it. */
export function rawPath(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

function rawQuery(request: FastifyRequest): string {
  return (request.raw.url ?? '').slice(rawPath(request).length + 1)
}

function readParams(request: FastifyRequest, route: Route): Params {
  const query = rawQuery(request)
  if (request.method !== 'POST') return parseForm(query, route.repeatable)
  // RFC 6749 §2.3.1: parameters of a POST must not be in the URL, where logs and histories keep them.
  if (query !== '') throw new OAuthError('query_with_body')
  const { body } = request
  if (!Buffer.isBuffer(body) || body.length === 0) return parseForm('')
  checkContentType(request)
  return parseForm(decodeUtf8(body), route.repeatable)
}

const FORM = /^application\/x-www-form-urlencoded\s*(;\s*charset="?utf-8"?\s*)?$/i

function checkContentType({ headers }: FastifyRequest): void {
  const encoded = headers['content-encoding']
  if (encoded !== undefined && encoded !== 'identity')
    throw new OAuthError('content_type_unsupported')
  if (!FORM.test(headers['content-type'] ?? '')) throw new OAuthError('content_type_unsupported')
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new OAuthError('encoding_invalid', { cause })
  }
}
