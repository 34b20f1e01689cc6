import express from 'express'
import { onTestFinished } from 'vitest'
import { handleTokenErrors, protect, resourceMetadata } from '../src/express.ts'
import type { Guard } from '../src/index.ts'
import { describeAdapter, describeFormBody } from './support/adapter-suite.ts'

describeAdapter('Express', startServer)
describeFormBody('Express', startServer)

async function startServer(guard: Guard): Promise<string> {
  const app = express()
  app.use(express.json(), express.urlencoded())
  app.get(guard.metadataPath(), resourceMetadata(guard))
  app.get('/contacts', protect(guard, { scopes: ['contacts:read'] }), ({ token }, response) => {
    response.json({ clientId: token.clientId, organisationId: token.organisationId })
  })
  app.post('/contacts', protect(guard, { scopes: ['contacts:write'] }), (_request, response) => {
    response.json({})
  })
  app.get(
    '/organisations/:id',
    protect(guard, { organisation: (request) => request.params.id }),
    (_request, response) => {
      response.json({})
    },
  )
  app.get('/late', protect(guard), ({ token }, response) => {
    token.assert('admin')
    response.json({})
  })
  app.get('/broken', protect(guard), () => {
    throw new Error('bug')
  })
  app.use(handleTokenErrors(guard))
  return await listen(app)
}

function listen(app: express.Express): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = app.listen(0, '127.0.0.1', (error) => {
      const address = server.address()
      if (error || typeof address !== 'object') reject(error)
      else resolve(`http://127.0.0.1:${address?.port}`)
    })
    onTestFinished(() => void server.close())
  })
}
