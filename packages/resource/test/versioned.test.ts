// Versions over real HTTP: the same requests for each framework.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as forExpress from '../src/express.ts'
import * as forFastify from '../src/fastify.ts'
import * as forHono from '../src/hono.ts'
import { createGuard, type Guard, versioned } from '../src/index.ts'
import { createTestIssuer } from '../src/testing.ts'

const CORS = { vary: 'Origin', 'access-control-expose-headers': 'X-Total' }

/**
 * Starts a server on a free port and returns its origin. CORS comes first; everything is versioned.
 * - GET /me: needs a token, answers the version
 * - GET /broken: a handler that throws
 */
type StartServer = (guard: Guard) => Promise<string>

const FRAMEWORKS: Readonly<Record<string, StartServer>> = {
  async Fastify(guard) {
    const app = fastify()
    onTestFinished(() => app.close())
    app.addHook('onRequest', async (_request, reply) => void reply.headers(CORS))
    app.addHook('onRequest', forFastify.versioned(guard))
    app.get('/me', { onRequest: forFastify.protect(guard) }, ({ apiVersion }) => ({ apiVersion }))
    app.get('/broken', () => {
      throw new Error('bug')
    })
    return await app.listen({ port: 0, host: '127.0.0.1' })
  },

  async Express(guard) {
    const app = express()
    app.set('env', 'test')
    app.use((_request, response, next) => {
      response.set(CORS)
      next()
    })
    app.use(forExpress.versioned(guard))
    app.get('/me', forExpress.protect(guard), ({ apiVersion }, response) => {
      response.json({ apiVersion })
    })
    app.get('/broken', () => {
      throw new Error('bug')
    })
    return await serve(app)
  },

  async Hono(guard) {
    const app = new Hono<forHono.VersionEnvironment>()
    app.onError((_error, context) => context.json({}, 500))
    app.use(async (context, next) => {
      for (const [name, value] of Object.entries(CORS)) context.header(name, value)
      await next()
    })
    app.use(forHono.versioned(guard))
    app.get('/me', forHono.protect(guard), (context) =>
      context.json({ apiVersion: context.get('apiVersion') }),
    )
    app.get('/broken', () => {
      throw new Error('bug')
    })
    return await serve(answerWith((request) => app.fetch(request)))
  },

  async fetch(guard) {
    const handle = versioned(guard, async (request, apiVersion) => {
      if (!request.url.endsWith('/me')) return new Response('', { status: 500, headers: CORS })
      const verdict = await guard.verify(request)
      const answer = verdict.ok ? Response.json({ apiVersion }) : verdict.response
      for (const [name, value] of Object.entries(CORS)) answer.headers.set(name, value)
      return answer
    })
    return await serve(answerWith(handle))
  },
}

describe.each(Object.entries(FRAMEWORKS))('%s', (_name, startServer) => {
  async function start(header?: string) {
    const issuer = createTestIssuer({
      apiVersions: {
        versions: [
          { version: '1.5.0', state: 'retired' },
          {
            version: '1.6.0',
            state: 'deprecated',
            deprecatedAt: '2026-06-01',
            sunsetAt: '2027-06-01',
          },
          { version: '1.7.0', state: 'current' },
          { version: '1.8.0', state: 'current' },
        ],
      },
    })
    const guard = createGuard({
      ...issuer.guardOptions,
      introspection: issuer.introspection,
      ...(header !== undefined && { apiVersions: { header } }),
    })
    onTestFinished(() => guard.close())
    const origin = await startServer(guard)
    const get = async (path: string, headers: Record<string, string> = {}) =>
      await fetch(origin + path, { headers })
    const token = async () => `Bearer ${await issuer.mint({ clientId: 'sync' })}`
    return { issuer, guard, get, token }
  }

  test('hands the version to the handler and says how it stands', async () => {
    const { get, token } = await start()
    const answer = await get('/me', { authorization: await token(), 'x-version': '1.7.0' })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ apiVersion: '1.7.0' })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-version': '1.7.0',
      'x-version-latest': '1.8.0',
      'x-version-status': 'update-available',
    })
  })

  test('RFC 9745 §2, RFC 8594 §3: an old version comes with its dates', async () => {
    const { get, token } = await start()
    const answer = await get('/me', { authorization: await token(), 'x-version': '1.6.0' })
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-version-status': 'deprecated',
      deprecation: '@1780272000',
      sunset: 'Tue, 01 Jun 2027 00:00:00 GMT',
    })
  })

  test('serves the default to who names none', async () => {
    const { get, token } = await start()
    const answer = await get('/me', { authorization: await token() })
    expect(await answer.json()).toEqual({ apiVersion: '1.8.0' })
    expect(answer.headers.get('x-version-status')).toBe('stable')
  })

  test.each(['1.5.0', '9.9.9', ''])('refuses %j and names what it supports', async (version) => {
    const { get, token } = await start()
    const answer = await get('/me', { authorization: await token(), 'x-version': version })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({
      error: 'unsupported_version',
      error_description: expect.stringContaining('Supported are 1.8.0, 1.7.0, 1.6.0.'),
      supported_versions: ['1.8.0', '1.7.0', '1.6.0'],
    })
    expect(answer.headers.get('x-version-latest')).toBe('1.8.0')
    expect(answer.headers.has('x-version')).toBe(false)
  })

  test.each([
    ['a refused token', '/me', 401],
    ['an address where nothing is', '/nowhere', [404, 500]],
    ['a bug', '/broken', 500],
  ])('says it on the answer to %s too', async (_what, path, status) => {
    const { get } = await start()
    const answer = await get(path, { 'x-version': '1.7.0' })
    expect([status].flat()).toContain(answer.status)
    expect(answer.headers.get('x-version-status')).toBe('update-available')
  })

  test('RFC 9110 §12.5.5: adds to what the answer varies by and what scripts may read', async () => {
    const { get, token } = await start()
    const answer = await get('/me', { authorization: await token() })
    expect(answer.headers.get('vary')).toBe('Origin, X-VERSION')
    expect(answer.headers.get('access-control-expose-headers')).toBe(
      'X-Total, X-VERSION, X-VERSION-LATEST, X-VERSION-STATUS, Deprecation, Sunset',
    )
  })

  test('reads another header where the API has another', async () => {
    const { get, token } = await start('Api-Version')
    const answer = await get('/me', { authorization: await token(), 'api-version': '1.7.0' })
    expect(await answer.json()).toEqual({ apiVersion: '1.7.0' })
    expect(answer.headers.get('api-version-latest')).toBe('1.8.0')
    expect(answer.headers.get('vary')).toContain('Api-Version')
  })

  test('counts the call for its app', async () => {
    const { get, token, guard, issuer } = await start()
    await get('/me', { authorization: await token(), 'x-version': '1.7.0' })
    await get('/me', { 'x-version': '1.7.0' })
    await guard.close()
    expect(issuer.versionUses()).toMatchObject([{ clientId: 'sync', version: '1.7.0', calls: 1 }])
  })
})

async function serve(listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void) {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** What speaks fetch, over a real socket. */
function answerWith(handle: (request: Request) => Response | Promise<Response>) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headers = new Headers()
    for (const [name, values] of Object.entries(incoming.headersDistinct)) {
      for (const value of values ?? []) headers.append(name, value)
    }
    const answer = await handle(new Request(`http://127.0.0.1${incoming.url}`, { headers }))
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
    outgoing.end(await answer.text())
  }
}
