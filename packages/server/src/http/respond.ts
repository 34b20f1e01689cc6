// Turns a Reply into an HTTP answer.

import type { FastifyReply } from 'fastify'
import type { AuthorizationReply, Reply } from '../protocol/message.ts'
import { writeCookies } from './cookies.ts'
import {
  JSON_HEADERS,
  PAGE_HEADERS,
  POPUP_PAGE_HEADERS,
  REDIRECT_HEADERS,
  SHARED_HEADERS,
} from './headers.ts'
import type { Reader, RenderedPage, Route, Site } from './route.ts'

export function sendReply(
  reply: FastifyReply,
  answer: Reply,
  { site, route, reader }: { site: Site; route: Route; reader: Reader },
): FastifyReply {
  if ('cookies' in answer && answer.cookies) writeCookies(reply, answer.cookies, site.tenant)
  switch (answer.kind) {
    case 'json':
      return sendJson(reply, answer, route)
    case 'empty':
      return reply
        .code(answer.status)
        .headers({ ...JSON_HEADERS, ...answer.headers })
        .removeHeader('content-type')
        .send()
    case 'page':
      if (answer.retryAfterSeconds !== undefined)
        reply.header('retry-after', answer.retryAfterSeconds)
      return sendPage(reply.code(answer.status), site.renderPage(answer.page, reader), route)
    case 'local_redirect':
      return sendRedirect(reply, site.issuer + answer.path)
    case 'authorization':
      return sendAuthorization(reply, answer, { site, route, reader })
  }
}

function sendJson(
  reply: FastifyReply,
  answer: Extract<Reply, { kind: 'json' }>,
  route: Route,
): FastifyReply {
  if (route.audience === 'public') reply.headers(SHARED_HEADERS)
  if (answer.language !== undefined) {
    reply.header('content-language', answer.language)
    addVary(reply, 'Accept-Language')
  }
  reply.code(answer.status).headers(JSON_HEADERS)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  return reply.send(JSON.stringify(answer.body))
}

/** Beside what CORS has put there. */
export function addVary(reply: FastifyReply, header: string): void {
  const others = reply.getHeader('vary')
  reply.header('vary', others === undefined ? header : `${others}, ${header}`)
}

function sendPage(reply: FastifyReply, page: RenderedPage, route: Route): FastifyReply {
  addVary(reply, 'Accept-Language, Cookie')
  return reply
    .headers(route.keepsOpener ? POPUP_PAGE_HEADERS : PAGE_HEADERS)
    .header('content-language', page.language)
    .header('content-security-policy', page.contentSecurityPolicy)
    .send(page.html)
}

/** RFC 9700 §4.12: 303 turns a POST into a GET, so that a password is never sent on. */
function sendRedirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).headers(REDIRECT_HEADERS).header('location', location).send('')
}

function sendAuthorization(
  reply: FastifyReply,
  answer: AuthorizationReply,
  { site, route, reader }: { site: Site; route: Route; reader: Reader },
): FastifyReply {
  const fields = Object.entries(answer.fields).filter(
    (field): field is [string, string] => field[1] !== undefined,
  )
  const { redirectUri } = answer
  switch (answer.responseMode) {
    case 'query':
      return sendRedirect(reply, appendQuery(redirectUri, fields))
    case 'fragment':
      return sendRedirect(reply, `${redirectUri}#${new URLSearchParams(fields)}`)
    case 'form_post':
      return sendPage(
        reply.code(200),
        site.renderFormPost({ redirectUri, fields: Object.fromEntries(fields) }, reader),
        route,
      )
  }
}

/**
 * RFC 6749 §3.1.2: the redirect URI keeps the query it was registered with, byte for byte. The empty fragment at the
 * end keeps the browser from adding the one of the link that led here (RFC 9700 §4.1.3).
 */
function appendQuery(redirectUri: string, fields: readonly [string, string][]): string {
  if (fields.length === 0) return redirectUri
  const separator = redirectUri.includes('?') ? '&' : '?'
  return `${redirectUri}${separator}${new URLSearchParams([...fields])}#`
}
