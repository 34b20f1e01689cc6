// Turns whatever was thrown into an answer: known refusals into their public form, everything else into a 500
// that says nothing and a log line that says all.

import type { FastifyRequest } from 'fastify'
import { DeadlineError } from '../platform/deadline.ts'
import { OAuthError, PageError, RedirectError } from '../protocol/errors.ts'
import type { Reply } from '../protocol/message.ts'
import type { PageErrorReason } from '../protocol/page-reasons.ts'
import type { Reason } from '../protocol/reasons.ts'
import { StoreUnavailableError } from '../store/port.ts'
import { readReader, readUiLocales } from './read.ts'
import type { Route, Site } from './route.ts'

export function answerFailure(
  thrown: unknown,
  { request, route, site }: { request: FastifyRequest; route: Route; site: Site },
): Reply {
  const failure = translateHttpFailure(thrown)
  tellOf(failure, request)
  return route.audience === 'page'
    ? answerAsPage(failure, request, site)
    : answerAsJson(failure, request, site)
}

const RETRY_AFTER_SECONDS = 1

/** What Fastify, the store and the deadline throw, in our words. */
function translateHttpFailure(thrown: unknown): unknown {
  if (thrown instanceof StoreUnavailableError || thrown instanceof DeadlineError) {
    return new OAuthError('store_unavailable', {
      cause: thrown,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const reason = FASTIFY_REASONS.get(code)
  return reason === undefined ? thrown : new OAuthError(reason, { cause: thrown })
}

const FASTIFY_REASONS: ReadonlyMap<string, Reason> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'too_many_parameters'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'encoding_invalid'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'content_type_unsupported'],
  // Node, about a caller who hung up in the middle of a body: nothing of ours went wrong, and nobody reads the answer.
  ['ECONNRESET', 'encoding_invalid'],
])

/** To the log, and to whoever counts. */
function tellOf(thrown: unknown, request: FastifyRequest): void {
  const { log, routeOptions } = request
  const failure = thrown instanceof RedirectError ? thrown.error : thrown
  const { observer } = routeOptions.config
  const where = describeRequest(request)
  if (!(failure instanceof OAuthError || failure instanceof PageError)) {
    observer?.refused('unexpected')
    log.error({ ...where, err: failure }, 'unexpected error')
    return
  }
  observer?.refused(failure.reason)
  const { reason, cause } = failure
  const { parameter, clientId } = failure instanceof OAuthError ? failure : {}
  const line = {
    ...where,
    ...(clientId !== undefined && { client: clientId.slice(0, MAX_CLIENT_ID) }),
    ...(parameter !== undefined && { parameter }),
    ...{ reason, ...(failure.status >= 500 ? { err: cause } : because(cause)) },
  }
  // Whoever turns requests away says so.
  if (failure.reason === 'turned_away') log.debug(line, 'request turned away')
  else if (failure.status >= 500) log.error(line, 'request failed')
  else log.info(line, 'request refused')
}

/** Refusing is no fault of ours: where in our code it was found says nothing to who reads the log, the words do. */
function because(cause: unknown): { because?: string } {
  const words: string[] = []
  for (let each = cause; each instanceof Error; each = each.cause) words.push(each.message)
  return words.length === 0 ? {} : { because: words.join(': ') }
}

/** Who asked whom for what: without it nobody could trace a line (ASVS 16.2.1). */
function describeRequest({ caller, clientId, routeOptions }: FastifyRequest): object {
  const { tenant } = routeOptions.config
  return {
    ...(tenant !== undefined && { tenant }),
    ...(routeOptions.url !== undefined && { route: routeOptions.url }),
    address: caller.address,
    ...(clientId !== undefined && { client: clientId.slice(0, MAX_CLIENT_ID) }),
  }
}

/** A stranger may name any client; a line need not hold all of it. */
const MAX_CLIENT_ID = 128

function answerAsJson(failure: unknown, request: FastifyRequest, site: Site): Reply {
  const error = failure instanceof OAuthError ? failure : new OAuthError('unexpected')
  const headers = refusalHeaders(error, site.issuer)
  // RFC 6750 §3.1: a request without a token hears nothing but that one is needed.
  if (error.reason === 'bearer_missing') return { kind: 'empty', status: error.status, headers }
  const reader = { ...readReader(request), uiLocales: readUiLocales(request) }
  const { text, language } = site.describeError(error, reader)
  return { kind: 'json', ...site.errorResponse(error, text), headers, language }
}

function refusalHeaders(error: OAuthError, issuer: string): Record<string, string> {
  const headers: Record<string, string> = {}
  if (error.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(error.retryAfterSeconds)
  // RFC 6749 §5.2
  if (error.code === 'invalid_client') headers['www-authenticate'] = `Basic realm="${issuer}"`
  if (error.reason.startsWith('bearer_')) {
    headers['www-authenticate'] = bearerChallenge(error, issuer)
  }
  return headers
}

/** RFC 6750 §3: in ASCII, so in English for everybody. */
function bearerChallenge(error: OAuthError, issuer: string): string {
  const realm = `Bearer realm="${issuer}"`
  if (error.reason === 'bearer_missing') return realm
  const scope = error.code === 'insufficient_scope' ? ', scope="openid"' : ''
  return `${realm}, error="${error.code}", error_description="${error.description}"${scope}`
}

function answerAsPage(failure: unknown, request: FastifyRequest, site: Site): Reply {
  if (failure instanceof RedirectError) {
    const { error, target, uiLocales } = failure
    const { text } = site.describeError(error, { ...readReader(request), uiLocales })
    const fields = {
      error: error.code,
      error_description: text,
      state: target.state,
      iss: site.responseIssuer, // RFC 9207 §2: errors too
    }
    return { kind: 'authorization', ...target, fields }
  }
  return pageOf(failure instanceof PageError ? failure : toPageError(failure), request)
}

/** For what no route takes: a page in its place, and a line in the log under the number that the page shows. */
export function answerPageError(error: PageError, request: FastifyRequest): PageReply {
  tellOf(error, request)
  return pageOf(error, request)
}

type PageReply = Extract<Reply, { kind: 'page' }>

function pageOf(error: PageError, request: FastifyRequest): PageReply {
  return {
    kind: 'page',
    status: error.status,
    retryAfterSeconds: error.retryAfterSeconds,
    page: {
      page: 'error',
      uiLocales: readUiLocales(request),
      reason: error.reason,
      requestId: request.id,
      received: error.received,
      difference: error.difference,
      retryAfterSeconds: error.retryAfterSeconds,
      continueWith: error.continueWith,
    },
  }
}

function toPageError(failure: unknown): PageError {
  if (!(failure instanceof OAuthError)) return new PageError('unexpected')
  const { status, retryAfterSeconds } = failure
  const reason: PageErrorReason =
    failure.code === 'too_many_requests' || failure.code === 'temporarily_unavailable'
      ? failure.code
      : 'request_malformed'
  return new PageError(reason, {
    status,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  })
}
