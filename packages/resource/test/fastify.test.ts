import { fastify } from 'fastify'
import { onTestFinished } from 'vitest'
import { handleTokenErrors, protect, resourceMetadata } from '../src/fastify.ts'
import type { Guard } from '../src/index.ts'
import { describeAdapter, describeFormBody } from './support/adapter-suite.ts'

describeAdapter('Fastify', startServer)
describeFormBody('Fastify', startServer)

async function startServer(guard: Guard): Promise<string> {
  const app = fastify()
  onTestFinished(() => app.close())
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
  )
  app.setErrorHandler(handleTokenErrors(guard))
  app.get(guard.metadataPath(), resourceMetadata(guard))
  app.get(
    '/contacts',
    { onRequest: protect(guard, { scopes: ['contacts:read'] }) },
    ({ token }) => ({ clientId: token.clientId, organisationId: token.organisationId }),
  )
  app.post('/contacts', { preHandler: protect(guard, { scopes: ['contacts:write'] }) }, () => ({}))
  app.get<{ Params: { id: string } }>(
    '/organisations/:id',
    {
      onRequest: protect(guard, { organisation: (request) => request.params.id }),
    },
    () => ({}),
  )
  app.get('/late', { onRequest: protect(guard) }, ({ token }) => {
    token.assert('admin')
    return {}
  })
  app.get('/broken', { onRequest: protect(guard) }, () => {
    throw new Error('bug')
  })
  return await app.listen({ port: 0, host: '127.0.0.1' })
}
