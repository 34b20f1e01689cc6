import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { onTestFinished } from 'vitest'
import { handleTokenErrors, protect, resourceMetadata } from '../src/hono.ts'
import type { Guard } from '../src/index.ts'
import { describeAdapter } from './support/adapter-suite.ts'

describeAdapter('Hono', startServer)

async function startServer(guard: Guard): Promise<string> {
  const answerTokenError = handleTokenErrors(guard)
  const app = new Hono()
  app.onError(async (error, context) => {
    try {
      return await answerTokenError(error, context)
    } catch {
      return context.json({}, 500)
    }
  })
  app.get(guard.metadataPath(), resourceMetadata(guard))
  app.get('/contacts', protect(guard, { scopes: ['contacts:read'] }), (context) => {
    const { clientId, organisationId } = context.get('token')
    return context.json({ clientId, organisationId })
  })
  app.get(
    '/organisations/:id',
    protect(guard, { organisation: (context) => context.req.param('id') }),
    (context) => context.json({}),
  )
  app.get('/late', protect(guard), (context) => {
    context.get('token').assert('admin')
    return context.json({})
  })
  app.get('/broken', protect(guard), () => {
    throw new Error('bug')
  })
  return await listen(app)
}

/** Hono speaks fetch; this lets it answer over a real socket. */
async function listen(app: Hono): Promise<string> {
  const server = createServer((incoming, outgoing) => void answer(app, incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function answer(app: Hono, incoming: IncomingMessage, outgoing: ServerResponse) {
  const headers = new Headers()
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  const response = await app.fetch(new Request(`http://127.0.0.1${incoming.url}`, { headers }))
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(await response.text())
}
