// What is where nothing is: a page for people, at the address of an issuer one that says what is here; and for every
// other caller the refusal that its clients read.

import { parse } from 'node-html-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { LANGUAGES } from '../../src/ui/words.ts'
import { startContract } from '../support/any-contract.ts'
import { sendRequest } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { USERS } from '../support/world.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

const visit = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  sendRequest(url, { method, headers: { accept: BROWSER, ...headers } })

const linksOf = (text: string) =>
  parse(text)
    .querySelectorAll('main a')
    .map((link) => link.getAttribute('href'))

describe('a person', () => {
  let server: TestServer
  let origin: string
  beforeAll(async () => {
    server = await startTestServer('sqlite', { path: '/crm', tenant: { displayName: 'Acme' } })
    origin = new URL(server.issuer).origin
  })
  afterAll(() => server?.stop())

  it('sees at the address of the issuer where to go on', async () => {
    for (const url of [server.issuer, `${server.issuer}/`, origin, `${server.issuer}/?a=b`]) {
      const { status, headers, text } = await visit(url)
      expect([url, status]).toEqual([url, 200])
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(linksOf(text)).toEqual([
        '/crm/account/apps',
        '/crm/developers',
        `${server.issuer}/.well-known/oauth-authorization-server`,
      ])
      for (const link of linksOf(text)) {
        expect((await visit(new URL(link ?? '', url).href)).status).toBeLessThan(400)
      }
    }
  })

  it.each(LANGUAGES)('reads it in %s, without a script', async (language) => {
    const { headers, text } = await visit(server.issuer, { 'accept-language': language })
    expect(headers['content-language']).toBe(language)
    expect(headers.vary).toContain('Accept-Language')
    expect(text).not.toContain('<script')
  })

  it('hears of no version and of nobody, and no cache keeps the page', async () => {
    const { headers, text } = await visit(server.issuer)
    expect(parse(text).querySelector('body')?.text).not.toMatch(/\d/)
    for (const username of USERS) expect(text).not.toMatch(new RegExp(`\\b${username}\\b`))
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY' })
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers['set-cookie']).toBeUndefined()
  })

  it.each([
    ['GET', '/nothing'],
    ['POST', '/nothing'],
    ['GET', '/assets/nothing'],
    ['GET', '/developers/nothing'],
    ['GET', '/%6awks'],
  ])(
    'is told by %s %s that there is no page, with the number that the log has',
    async (method, path) => {
      const { status, headers, text } = await visit(server.issuer + path, {}, method)
      expect(status).toBe(404)
      expect(parse(text).querySelector('h1')?.text).toBe('There is no page here')
      const id = parse(text).querySelector('.request-id')?.text ?? ''
      expect(id).toBe(headers['x-request-id'])
      const line = server.logLines.find((each) => each.includes(id) && each.includes('refused'))
      expect(line).toContain('"reason":"not_found"')
    },
  )

  it.each(['*/*', 'application/json', undefined])(
    'is not whom an answer in JSON is for: Accept %s',
    async (accept) => {
      for (const url of [server.issuer, origin, `${server.issuer}/nothing`]) {
        const { status, text } = await sendRequest(url, { headers: accept ? { accept } : {} })
        expect(status).toBe(404)
        expect(JSON.parse(text)).toEqual({
          error: 'not_found',
          error_description: 'There is nothing at this address.',
        })
      }
    },
  )

  it('who opens an endpoint for programs still sees what programs see', async () => {
    const { status, headers } = await visit(`${server.issuer}/jwks`)
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
  })
})

describe.each(CONTRACT_NAMES)('the address of an issuer of %s', (contract) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startContract('sqlite', contract)
  })
  afterAll(() => server?.stop())

  it('leads to pages that there are', async () => {
    const { status, text } = await visit(server.issuer)
    expect(status).toBe(200)
    const links = linksOf(text).map((link) => new URL(link ?? '', server.issuer))
    expect(links.length).toBeGreaterThan(0)
    for (const { href } of links) expect((await visit(href)).status).toBeLessThan(400)
    const hasPages = server.paths.authorize !== undefined
    expect(links.some(({ pathname }) => pathname === '/account/apps')).toBe(hasPages)
  })
})

describe('a server of several tenants', () => {
  it('names none of them at its own address, and has what the page is made of', async () => {
    const neighbour = {
      ...{ name: 'neighbour', displayName: 'Neighbour', contract: 'standard' },
      issuer: 'https://neighbour.example/neighbour',
    }
    const server = await startTestServer('sqlite', { path: '/crm', neighbours: [neighbour] })
    try {
      const { origin } = new URL(server.issuer)
      const { status, text } = await visit(origin)
      expect(status).toBe(200)
      expect(text).not.toMatch(/crm|neighbour/i)
      expect(parse(text).querySelector('main')?.text).not.toMatch(/false|undefined/)
      const files = [...text.matchAll(/<link[^>]*href="([^"]+)"/g)].map(([, href]) => href)
      expect(files.length).toBeGreaterThan(2)
      for (const file of files) expect((await visit(origin + file)).status).toBe(200)
      expect((await visit(`${origin}/nothing`)).status).toBe(404)
    } finally {
      await server.stop()
    }
  })
})
