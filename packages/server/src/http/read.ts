// Turns an HTTP request into an IncomingRequest. Parameters have one source: the query of a GET, the body of a POST,
// or the query of a POST where a legacy contract has it so.

import type { FastifyRequest } from 'fastify'
import type { Encoding } from '../contracts/contract.ts'
import { OAuthError } from '../protocol/errors.ts'
import { parseJson, readJsonParams } from '../protocol/json.ts'
import { checkHeaderLengths } from '../protocol/lengths.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { parseForm } from '../protocol/params.ts'
import { readCookies } from './cookies.ts'
import type { Reader, Route, Site } from './route.ts'

export function readRequest(request: FastifyRequest, route: Route, site: Site): IncomingRequest {
  const { headers } = request
  checkHeaderLengths(headers)
  return {
    method: request.method === 'POST' ? 'POST' : 'GET',
    ...readInput(request, route),
    pathParams: readPathParams(request, route),
    authorization: headers.authorization,
    origin: headers.origin,
    cookies: readCookies(request, site.cookies),
    acceptLanguage: headers['accept-language'],
    address: request.caller.address,
    source: request.caller.source,
    userAgent: headers['user-agent'],
    id: request.id,
    log: request.log,
  }
}

const NO_PATH_PARAMS: Readonly<Record<string, string>> = {}

/** @throws OAuthError encoding_invalid, for what no parameter may hold either */
function readPathParams(
  { params }: FastifyRequest,
  { path }: Route,
): Readonly<Record<string, string>> {
  if (!path.includes('/:')) return NO_PATH_PARAMS
  const decoded = Object.entries(params as Record<string, string>)
  if (decoded.some(([, value]) => value.includes('\0') || !value.isWellFormed())) {
    throw new OAuthError('encoding_invalid')
  }
  return Object.fromEntries(decoded)
}

export function readReader({ headers }: FastifyRequest): Reader {
  return { acceptLanguage: headers['accept-language'] }
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

type Input = Pick<IncomingRequest, 'params' | 'inUrl' | 'json'>

/** From one place only: what a URL and a body say together, two readers may understand differently. */
function readInput(request: FastifyRequest, route: Route): Input {
  const query = rawQuery(request)
  if (request.method !== 'POST') return fromForm(query, route)
  const { encodings = FORM_ONLY } = route
  const hasBody = Buffer.isBuffer(request.body) && request.body.length > 0
  if (query === '') return hasBody ? readBody(request, route) : fromForm('', route)
  // RFC 6749 §2.3.1: parameters of a POST must not be in the URL, where logs and histories keep them.
  if (!encodings.includes('query')) throw new OAuthError('query_with_body')
  // Libraries that are told of no body send `{}` or nothing at all as one, and say no more with it.
  if (hasBody && readBody(request, route).params.size > 0) throw new OAuthError('sources_several')
  return { ...fromForm(query, route), inUrl: true }
}

function fromForm(text: string, route: Route): Input {
  return { params: parseForm(text, route.repeatable), inUrl: false, json: undefined }
}

const FORM_ONLY: readonly Encoding[] = ['form']
/** Neither type defines a parameter, so none changes what the bytes mean: they are UTF-8, or refused as such. */
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i
const JSON_TYPE = /^application\/json\s*(;|$)/i
const STRICT_JSON_TYPE = /^application\/json$/i

function readBody(request: FastifyRequest, route: Route): Input {
  const { encodings = FORM_ONLY, strictJson = false, jsonDocument = false } = route
  const { 'content-type': type = '', 'content-encoding': encoded = 'identity' } = request.headers
  const isForm = encodings.includes('form') && FORM.test(type)
  const isJson =
    encodings.includes('json') && (strictJson ? STRICT_JSON_TYPE : JSON_TYPE).test(type)
  if (encoded !== 'identity' || !(isForm || isJson)) {
    const isParametrised = strictJson && JSON_TYPE.test(type)
    const parameter = isParametrised ? withoutParameter(type) : describeTypes(encodings)
    throw new OAuthError('content_type_unsupported', { parameter })
  }
  const text = decodeUtf8(request.body)
  if (isForm) return fromForm(text, route)
  const json = parseJson(text)
  return { params: jsonDocument ? new Map() : readJsonParams(json), inUrl: false, json }
}

const TYPES: Readonly<Record<Encoding, string | undefined>> = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
  query: undefined,
}

function describeTypes(encodings: readonly Encoding[]): string {
  return encodings.flatMap((encoding) => TYPES[encoding] ?? []).join(', ')
}

/** What is wrong with a type that is right but for what stands behind it. */
function withoutParameter(type: string): string {
  return `${TYPES.json} without ${/charset/i.test(type) ? 'charset' : 'parameters'}`
}

// A byte order mark is part of the text: nobody may add one (RFC 8259 §8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: unknown): string {
  if (!Buffer.isBuffer(bytes)) throw new OAuthError('encoding_invalid')
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new OAuthError('encoding_invalid', { cause })
  }
}
