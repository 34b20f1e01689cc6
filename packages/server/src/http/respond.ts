// Turns a Reply into an HTTP answer.

import type { FastifyReply } from 'fastify'
import type { AuthorizationReply, Reply } from '../protocol/message.ts'
import { writeCookies } from './cookies.ts'
import {
  DOCUMENT_HEADERS,
  JSON_HEADERS,
  PAGE_HEADERS,
  PLAIN_HTTP_PAGE_HEADERS,
  POPUP_PAGE_HEADERS,
  REDIRECT_HEADERS,
  SHARED_HEADERS,
} from './headers.ts'
import type { Reader, RenderedPage, Route, Site } from './route.ts'

export interface ReplyContext {
  readonly site: Site
  readonly route: Route
  readonly reader: Reader
  /** Whether a form of ours has led here, by itself or by way of a redirect. */
  readonly afterForm: boolean
}

/** What a page needs of it, where there may be no route. */
interface PageContext {
  readonly site: Pick<Site, 'cookies'>
  readonly route?: Route
}

export function sendReply(reply: FastifyReply, answer: Reply, context: ReplyContext): FastifyReply {
  const { site, route, reader } = context
  if ('cookies' in answer && answer.cookies) writeCookies(reply, answer.cookies, site.cookies)
  switch (answer.kind) {
    case 'json':
      return sendJson(reply, answer, route)
    case 'document':
      return reply.headers(DOCUMENT_HEADERS).headers(answer.headers).send(answer.text)
    case 'empty':
      return reply
        .code(answer.status)
        .headers({ ...JSON_HEADERS, ...answer.headers })
        .removeHeader('content-type')
        .send()
    case 'page':
      if (answer.retryAfterSeconds !== undefined)
        reply.header('retry-after', answer.retryAfterSeconds)
      return sendPage(reply.code(answer.status), site.renderPage(answer.page, reader), context)
    case 'local_redirect':
      return sendOn(reply, site.issuer + answer.path, context)
    case 'authorization':
      return sendAuthorization(reply, answer, context)
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

export function sendPage(
  reply: FastifyReply,
  page: RenderedPage,
  { site, route }: PageContext,
): FastifyReply {
  addVary(reply, 'Accept-Language, Cookie')
  return reply
    .headers(route?.keepsOpener ? POPUP_PAGE_HEADERS : PAGE_HEADERS)
    .headers(site.cookies.secure ? {} : PLAIN_HTTP_PAGE_HEADERS)
    .header('content-language', page.language)
    .header('content-security-policy', page.contentSecurityPolicy)
    .send(page.html)
}

/** RFC 9700 §4.12: 303 turns a POST into a GET, so that a password is never sent on. */
export function sendRedirect(reply: FastifyReply, location: string): FastifyReply {
  return reply.code(303).headers(REDIRECT_HEADERS).header('location', location).send('')
}

function sendAuthorization(
  reply: FastifyReply,
  answer: AuthorizationReply,
  context: ReplyContext,
): FastifyReply {
  const { site, reader } = context
  const fields = Object.entries(answer.fields).filter(
    (field): field is [string, string] => field[1] !== undefined,
  )
  const { redirectUri } = answer
  switch (answer.responseMode) {
    case 'query':
      return sendToApp(reply, appendQuery(redirectUri, fields, site.responseEnd), context)
    case 'fragment':
      return sendToApp(reply, `${redirectUri}#${formatQuery(fields)}`, context)
    case 'form_post':
      return sendPage(
        reply.code(200),
        site.renderFormPost({ redirectUri, fields: Object.fromEntries(fields) }, reader),
        context,
      )
  }
}

/** Whoever comes from a form can be shown a page, and an address of any length fits into its body. */
function sendOn(reply: FastifyReply, address: string, context: ReplyContext): FastifyReply {
  const isShort = address.length <= MAX_LOCATION_LENGTH
  return context.afterForm && !isShort
    ? sendLeavingPage(reply, address, context)
    : sendRedirect(reply, address)
}

/** With the other headers and several cookies it fits into 4 kB, which is what a proxy has for the head of an answer. */
const MAX_LOCATION_LENGTH = 2000

/**
 * Browsers hold the policy of a form against every redirect behind it, those of the app included, and an app may move on to
 * wherever it likes. So what follows a form ends at a page, and a link or refresh leads on from there.
 */
function sendToApp(reply: FastifyReply, address: string, context: ReplyContext): FastifyReply {
  return context.afterForm ? sendLeavingPage(reply, address, context) : sendRedirect(reply, address)
}

function sendLeavingPage(
  reply: FastifyReply,
  address: string,
  context: ReplyContext,
): FastifyReply {
  const { site, reader } = context
  return sendPage(reply.code(200), site.renderLeaving({ address }, reader), context)
}

/**
 * RFC 6749 §3.1.2: the redirect URI keeps the query it was registered with, byte for byte. An empty fragment at the
 * end keeps the browser from adding the one of the link that led here (RFC 9700 §4.1.3).
 */
function appendQuery(
  redirectUri: string,
  fields: readonly [string, string][],
  end: string,
): string {
  if (fields.length === 0) return redirectUri
  const separator = redirectUri.includes('?') ? '&' : '?'
  return `${redirectUri}${separator}${formatQuery(fields)}${end}`
}

/** A space as `%20`: parsers of URLs that know nothing of forms leave a plus as it is. */
function formatQuery(fields: readonly [string, string][]): string {
  return new URLSearchParams([...fields]).toString().replaceAll('+', '%20')
}
