import Fastify from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { SAMPLE_CONTEXT, SAMPLE_TENANT } from '../../test/support/sample-pages.ts'
import { oauthErrorResponse } from '../contracts/oauth-responses.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { describeErrorInEnglish } from '../ui/error-descriptions.ts'
import { renderFormPost, renderPage } from '../ui/render.ts'
import { nameCallers } from './caller.ts'
import { describeCookies } from './cookies.ts'
import type { Route, Site } from './route.ts'
import { serveSite } from './site.ts'

/** What the endpoints were given, the latest last. */
const seen: IncomingRequest[] = []

function taking(path: string, how: Partial<Route> = {}): Route {
  return {
    ...{ methods: ['GET', 'POST'], audience: 'app', path, ...how },
    async endpoint(request) {
      seen.push(request)
      return { kind: 'empty', status: 200 }
    },
  }
}

const site: Site = {
  tenant: SAMPLE_TENANT.name,
  issuer: SAMPLE_TENANT.issuer,
  cookies: describeCookies(SAMPLE_TENANT.name, SAMPLE_TENANT.issuer),
  responseIssuer: undefined,
  responseEnd: '#',
  behindTrustedProxy: false,
  routes: [
    taking('/form'),
    taking('/json', { encodings: ['json'] }),
    taking('/strict', { encodings: ['json', 'form'], strictJson: true }),
    taking('/any', { encodings: ['query', 'form', 'json'] }),
    taking('/things/:id/parts/:part'),
    taking('/document', { encodings: ['json'], jsonDocument: true }),
  ],
  rootRoutes: [],
  traffic: undefined,
  assets: new Map(),
  brandStylesheet: '',
  errorResponse: oauthErrorResponse,
  describeError: describeErrorInEnglish,
  renderPage: (page, reader) => renderPage(page, { ...SAMPLE_CONTEXT, ...reader }),
  renderFormPost: (formPost, reader) => renderFormPost(formPost, { ...SAMPLE_CONTEXT, ...reader }),
  renderLeaving: () => ({ html: '', language: 'en', contentSecurityPolicy: '' }),
  isAllowedOrigin: async () => false,
}

const server = Fastify()
nameCallers(server, { trustedProxies: [], log: server.log })
serveSite(server, site, undefined)
afterAll(() => server.close())

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

interface Sent {
  readonly method?: 'GET' | 'POST'
  readonly type?: string | undefined
  readonly encoding?: string
  readonly body?: string | Buffer
}

/** What the endpoint reads, or what it is refused with. */
async function read(url: string, { method = 'POST', type, encoding, body }: Sent = {}) {
  const headers = {
    ...(type !== undefined && { 'content-type': type }),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  }
  const answer = await server.inject({ method, url, headers, ...(body !== undefined && { body }) })
  const given = seen.pop()
  if (given) {
    const { params, inUrl, json } = given
    const fields = [...params].map(([name, values]) => `${name}=${values.join()}`).join('&')
    return { fields, inUrl, json }
  }
  const { error, error_description: description } = answer.json()
  return `${answer.statusCode} ${error}: ${description}`
}

const form = (body: string, type = FORM) => ({ type, body })
const json = (body: unknown, type = JSON_TYPE) => ({
  type,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const fields = (text: string, more: object = {}) => ({
  ...{ fields: text, inUrl: false, json: undefined, ...more },
})

const WRONG_TYPE = /^400 invalid_request: The content type of the request body is not accepted here/
const BAD_JSON = /^400 invalid_request: The request body must be one JSON object/

describe('the source of the parameters', () => {
  it('RFC 6749 §3.2: is the body of a POST, and the query of a GET', async () => {
    expect(await read('/form', form('a=1&b=2'))).toEqual(fields('a=1&b=2'))
    expect(await read('/form?a=1&b=2', { method: 'GET' })).toEqual(fields('a=1&b=2'))
    expect(await read('/form')).toEqual(fields(''))
    expect(await read('/form', { type: FORM, body: '' })).toEqual(fields(''))
  })

  it('RFC 6749 §2.3.1: is not the query of a POST, unless the contract has it so', async () => {
    const refusal =
      '400 invalid_request: Send the parameters of a POST in its body, not in the URL.'
    for (const url of ['/form?a=1', '/json?a=1', '/strict?a=1', '/form?=', '/form?&']) {
      expect(await read(url)).toBe(refusal)
    }
    expect(await read('/form?a=1', form('b=2'))).toBe(refusal)
    expect(await read('/any?a=1&b=2')).toEqual(fields('a=1&b=2', { inUrl: true }))
  })

  it('E2: is one of the two, never both', async () => {
    const refusal = '400 invalid_request: Send all parameters in one place: the body or the URL.'
    for (const sent of [form('a=1'), form('b=2'), json({ b: '2' })]) {
      expect(await read('/any?a=1', sent)).toBe(refusal)
    }
    expect(await read('/any?', form('a=1'))).toEqual(fields('a=1'))
  })

  it.each([
    ['{}', json({})],
    ['null members', json({ a: null })],
    ['an empty form', form('&')],
    ['no byte', form('')],
  ])('financial-cents D "an empty body": is the query beside a body of %s', async (_what, sent) => {
    expect(await read('/any?a=1', sent)).toEqual(fields('a=1', { inUrl: true }))
  })

  it('E1: has no parameter twice, wherever it is', async () => {
    const refusal = '400 invalid_request: A parameter is given more than once.'
    expect(await read('/any?a=1&a=2')).toBe(refusal)
    expect(await read('/any', form('a=1&%61=2'))).toBe(refusal)
    expect(await read('/any', json('{"a":"1","\\u0061":"2"}'))).toBe(refusal)
  })
})

describe('security H1: a text that is too long', () => {
  const refusal = (name: string) => `400 invalid_request: A parameter is too long. (${name})`

  it('is refused by the name of its parameter, wherever it comes', async () => {
    const scope = 'x'.repeat(8193)
    expect(await read(`/form?scope=${scope}`, { method: 'GET' })).toBe(refusal('scope'))
    expect(await read('/form', form(`scope=${scope}`))).toBe(refusal('scope'))
    expect(await read('/json', json({ scope }))).toBe(refusal('scope'))
    expect(await read('/document', json({ a: { scope } }))).toBe(refusal('scope'))
  })

  it('is refused in a header', async () => {
    const headers = { 'accept-language': 'en,'.repeat(400) }
    const answer = await server.inject({ method: 'GET', url: '/form', headers })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().error_description).toContain('(accept-language)')
  })
})

describe('house M3: a route with parameters in its path', () => {
  const statusOf = async (url: string) => (await server.inject({ method: 'GET', url })).statusCode

  it.each([
    ['/things/abc/parts/1', { id: 'abc', part: '1' }],
    ['/things/a%2Fb/parts/%C3%A9', { id: 'a/b', part: 'é' }],
    ['/things/abc/parts/1?x=y', { id: 'abc', part: '1' }],
  ])('is found at %s, and told what they stand for', async (url, pathParams) => {
    expect(await statusOf(url)).toBe(200)
    expect(seen.pop()?.pathParams).toEqual(pathParams)
  })

  it('attack E14: is no other spelling of what is fixed in it', async () => {
    for (const url of ['/%74hings/abc/parts/1', '/things/abc/p%61rts/1', '/things/abc/parts/1/']) {
      expect(await statusOf(url), url).toBe(404)
    }
    expect(await statusOf('/things/a%00b/parts/1')).toBe(400)
    expect(seen).toEqual([])
  })
})

describe('the content type', () => {
  it.each([
    FORM,
    'Application/X-WWW-Form-Urlencoded',
    `${FORM}; charset=utf-8`,
    `${FORM};charset="UTF-8"`,
    `${FORM} ; charset=utf-8 `,
    `${FORM}; charset=ISO-8859-1`,
    `${FORM}; charset=us-ascii`,
    `${FORM};`,
    `${FORM}; boundary=x`,
  ])('RFC 6749 §B, field report 2: %j is a form', async (type) => {
    expect(await read('/form', form('a=1', type))).toEqual(fields('a=1'))
  })

  it.each([
    undefined,
    '',
    'text/plain',
    'multipart/form-data; boundary=x',
    `${FORM}x`,
    `${FORM} x`,
    `${FORM}, ${JSON_TYPE}`,
    JSON_TYPE,
  ])('RFC 6749 §B: %j is none', async (type) => {
    expect(await read('/form', { type, body: 'a=1' })).toMatch(WRONG_TYPE)
  })

  it.each([
    JSON_TYPE,
    `${JSON_TYPE}; charset=utf-8`,
    'Application/JSON;charset="UTF-8"',
    `${JSON_TYPE}; charset=iso-8859-1`,
    `${JSON_TYPE}; profile=x`,
  ])('RFC 8259 §11: %j is JSON', async (type) => {
    expect(await read('/json', json({ a: '1' }, type))).toMatchObject({ fields: 'a=1' })
  })

  it.each(['application/problem+json', 'application/jsonp', 'text/json', FORM])(
    '%j is none',
    async (type) => {
      expect(await read('/json', json({ a: '1' }, type))).toMatch(WRONG_TYPE)
    },
  )

  it('json-api K "API style": stands alone where the contract is strict about it', async () => {
    expect(await read('/strict', json({ a: '1' }))).toMatchObject({ fields: 'a=1' })
    for (const parameter of ['; charset=utf-8', ';charset="utf-8"', ';', '; x=y']) {
      expect(await read('/strict', json({ a: '1' }, JSON_TYPE + parameter))).toMatch(WRONG_TYPE)
    }
    const marked = json({ a: '1' }, `${JSON_TYPE}; charset=utf-8`)
    expect(await read('/strict', marked)).toContain('(application/json without charset)')
    const utf8 = form('a=1', `${FORM}; charset=utf-8`)
    expect(await read('/strict', utf8)).toMatchObject({ fields: 'a=1' })
  })

  it('says what would be right', async () => {
    const wrong = { type: 'text/plain', body: 'a=1' }
    expect(await read('/form', wrong)).toContain('(application/x-www-form-urlencoded)')
    expect(await read('/json', wrong)).toContain('(application/json)')
    expect(await read('/any', wrong)).toContain(`(${FORM}, ${JSON_TYPE})`)
  })

  it.each(['gzip', 'deflate', 'br', 'identity, gzip', ''])(
    'RFC 9110 §8.4: a body that is encoded as %j is not unpacked',
    async (encoding) => {
      expect(await read('/any', { ...form('a=1'), encoding })).toMatch(WRONG_TYPE)
    },
  )

  it('and one that is not encoded is read', async () => {
    expect(await read('/any', { ...form('a=1'), encoding: 'identity' })).toEqual(fields('a=1'))
  })
})

describe('JSON', () => {
  it('gives its members as parameters, and itself', async () => {
    expect(await read('/json', json({ a: '1', b: '' }))).toEqual(
      fields('a=1', { json: { a: '1', b: '' } }),
    )
  })

  it('field report 7: null is left out, a number is its digits, and what nobody knows is nothing', async () => {
    const members = { client_id: 12, scope: null, remember: true, meta: { a: [1] }, device_id: 7 }
    expect(await read('/json', json(members))).toMatchObject({ fields: 'client_id=12&device_id=7' })
  })

  it.each([
    ...['', ' ', 'null', '[]', '"a"', '{', '{"a":"b",}'],
    ...['{"code":true}', '{"scope":["read"]}', '{"state":{}}'],
    ...['{"client_id":1.5}', '{"client_id":9007199254740993}'],
  ])('E3: %j is no object of texts', async (body) => {
    // An empty body carries nothing, in whatever form.
    const expected = body === '' ? fields('') : expect.stringMatching(BAD_JSON)
    expect(await read('/json', json(body))).toEqual(expected)
  })

  it('is handed on as it is where the endpoint reads documents', async () => {
    const document = '{"__proto__":{"a":[1,null]},"b":{"c":"d"}}'
    const answer = await read('/document', json(document))
    expect(answer).toMatchObject({ fields: '', inUrl: false })
    const given = typeof answer === 'string' ? undefined : answer.json
    expect(JSON.stringify(given)).toBe(document)
    expect(Object.getPrototypeOf(given)).toBeNull()
  })

  it('E1: is strict about documents, too', async () => {
    expect(await read('/document', json('{"a":{"b":1,"b":2}}'))).toContain('more than once')
    expect(await read('/document', json('[[[[[[[[[1]]]]]]]]]'))).toMatch(BAD_JSON)
  })
})

describe('the bytes', () => {
  const bytes = (...parts: readonly (string | number)[]) =>
    Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part])))

  it.each([
    ['a lone continuation byte', bytes('a=', 0x80)],
    ['half a character', bytes('a=', 0xc3)],
    ['a surrogate', bytes('a=', 0xed, 0xa0, 0xbd)],
    ['an overlong slash', bytes('a=', 0xc0, 0xaf)],
    ['UTF-16', Buffer.from('a=é', 'utf16le')],
    ['an encoded half', bytes('a=%C3')],
    ['a NUL', bytes('a=%00')],
  ])('E4: a form with %s is refused', async (_what, body) => {
    expect(await read('/form', { type: FORM, body })).toBe(
      '400 invalid_request: The request is not valid UTF-8 form data.',
    )
  })

  it('RFC 8259 §8.1: JSON is UTF-8, without a byte order mark', async () => {
    expect(await read('/json', json('{"a":"é\u{1f511}"}'))).toMatchObject({
      fields: 'a=é\u{1f511}',
    })
    const marked = bytes(0xef, 0xbb, 0xbf, '{"a":"1"}')
    expect(await read('/json', { type: JSON_TYPE, body: marked })).toMatch(BAD_JSON)
    const latin = Buffer.from('{"a":"é"}', 'latin1')
    expect(await read('/json', { type: JSON_TYPE, body: latin })).toMatch(/^400 invalid_request/)
  })

  it('a byte order mark before a form is part of the first name', async () => {
    const marked = { type: FORM, body: bytes(0xef, 0xbb, 0xbf, 'a=1&b=2') }
    expect(await read('/form', marked)).toEqual(fields('\uFEFFa=1&b=2'))
  })
})
