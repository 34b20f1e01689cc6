// What holds for every answer, whatever was asked: never a 500, always the headers, refusals in one form, and nothing
// of anybody else in it.

import { ERROR_CODES } from '../../src/protocol/reasons.ts'
import type { PlainAnswer } from '../support/http-request.ts'
import { leadsTo } from '../support/leaving-page.ts'
import type { TestServer } from '../support/start-server.ts'
import type { Parties } from './parties.ts'
import type { Request } from './request-plan.ts'

/** Where nothing is, it does not matter what was asked. */
const NOT_FOUND = 'not_found'

export interface Exchange {
  readonly request: Request
  readonly answer: PlainAnswer
}

/** @returns in words, what is wrong with it */
export function problemsOf(
  exchange: Exchange,
  { server, parties }: { server: TestServer; parties: Parties },
): readonly string[] {
  const { answer } = exchange
  if (answer.status >= 500) return [`it is a ${answer.status}: ${answer.text.slice(0, 300)}`]
  return [
    ...headerProblems(answer),
    ...refusalProblems(exchange),
    ...redirectProblems(answer, server),
    ...leakProblems(exchange, parties),
  ]
}

function headerProblems({ status, headers }: PlainAnswer): string[] {
  const problems: string[] = []
  // The answer to a preflight says nothing but who may ask.
  if (status === 204) return problems
  const must = (name: string, value: RegExp) => {
    const given = String(headers[name] ?? '')
    if (!value.test(given)) problems.push(`${name} is "${given}", not ${value}`)
  }
  must('x-content-type-options', /^nosniff$/)
  must('x-frame-options', /^DENY$/)
  must('referrer-policy', /^no-referrer$/)
  if (status >= 300 || headers['content-type']?.startsWith('text/html')) {
    must('cache-control', /^no-store$/)
    must('content-security-policy', /frame-ancestors 'none'/)
  }
  if (status === 401) must('www-authenticate', /^(Basic|Bearer) realm="[^"]+"/)
  if (status === 405) must('allow', /^[A-Z]+(, [A-Z]+)*$/)
  if (status === 429) must('retry-after', /^\d+$/)
  for (const name of ['server', 'x-powered-by']) {
    if (headers[name] !== undefined) problems.push(`there is a header ${name}`)
  }
  for (const cookie of headers['set-cookie'] ?? []) {
    if (!/^__Host-ostiary-.*HttpOnly.*Secure/.test(cookie)) problems.push(`cookie ${cookie}`)
  }
  return problems
}

/** RFC 6749 §5.2, or a page. */
function refusalProblems({ request, answer }: Exchange): string[] {
  const { status, headers, text } = answer
  if (status < 400 || request.method === 'HEAD') return []
  const type = headers['content-type'] ?? ''
  if (type.startsWith('text/html')) return text.includes('<h1') ? [] : ['a page without a heading']
  // RFC 6750 §3.1: who brings no token hears nothing but that one is needed.
  if (text === '') return status === 401 ? [] : [`an empty ${status}`]
  if (type !== 'application/json; charset=utf-8') return [`content-type is "${type}"`]
  return bodyProblems(status, text)
}

function bodyProblems(status: number, text: string): string[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return [`no JSON: ${text.slice(0, 100)}`]
  }
  const { error, error_description: description, ...rest } = readRefusal(body)
  const known = Object.entries(ERROR_CODES).find(([code]) => code === error)
  const problems = Object.keys(rest).length > 0 ? [`members ${Object.keys(rest)}`] : []
  if (typeof description !== 'string' || description === '') problems.push('no description')
  if (error === NOT_FOUND ? status !== 404 : known === undefined) {
    problems.push(`error is ${JSON.stringify(error)}`)
  }
  if (known && status !== known[1].status && status !== 405) {
    problems.push(`${error} with status ${status}`)
  }
  return problems
}

/** The two forms that refusals have. */
function readRefusal(body: unknown): Record<string, unknown> {
  const { supported_versions: _, ...members } = body as Record<string, unknown>
  const { status: envelope } = members as { status?: { code?: string; description?: string } }
  if (envelope === undefined) return members
  return {
    error: ENVELOPE_CODES[envelope.code ?? ''],
    error_description: envelope.description,
  }
}

/** Of the contract crm-com, by the code that it stands for. */
const ENVELOPE_CODES: Readonly<Record<string, string>> = {
  INVALID_CREDENTIALS: 'invalid_client',
  INVALID_REQUEST: 'invalid_request',
  NOT_ALLOWED: 'access_denied',
  NOT_FOUND,
  METHOD_NOT_ALLOWED: 'invalid_request',
  TOO_MANY_REQUESTS: 'too_many_requests',
}

/** RFC 9700 §4.11: to our own pages, or to an address that is registered. */
function redirectProblems({ status, headers, text }: PlainAnswer, server: TestServer): string[] {
  const location = headers.location ?? leadsTo(text)
  if (location === undefined)
    return status >= 300 && status < 400 && status !== 304 ? [`a ${status} to nowhere`] : []
  const { webApp, otherApp, spa } = server.apps
  const registered = [webApp, otherApp, spa].map(({ redirectUri }) => redirectUri)
  const places = [...registered, 'https://app.example/second', 'https://app.example/goodbye']
  const isKnown =
    location.startsWith(`${server.issuer}/`) ||
    places.some((uri) => location === uri || /^[?#&]/.test(location.replace(uri, '')))
  return isKnown ? [] : [`it leads to ${location}`]
}

/** Whoever did not send a secret must not find it in an answer. */
function leakProblems({ request, answer }: Exchange, parties: Parties): string[] {
  const { 'set-cookie': _, ...headers } = answer.headers
  const said = answer.text + JSON.stringify(headers)
  const sent = new Set(request.presented.map(({ value }) => value))
  const isAnswerToRetry = sent.size > 0 && answer.status === 200 && said.includes('"refresh_token"')
  return parties
    .secrets()
    .filter(({ value }) => !isAnswerToRetry && !sent.has(value) && said.includes(value))
    .map(({ party, member }) => `it holds the ${member} of ${party.name}`)
}
