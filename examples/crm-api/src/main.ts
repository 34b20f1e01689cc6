// Runs the sample API by itself: OSTIARY_ISSUER=https://auth.example.com node src/main.ts

import { fastify } from 'fastify'
import { registerApi, registerMetadata } from './plugin.ts'

const port = Number(process.env.PORT ?? 4000)
const issuer = process.env.OSTIARY_ISSUER
const audience = process.env.OSTIARY_AUDIENCE ?? `http://localhost:${port}/api/v1`

if (!issuer) {
  console.error('Set OSTIARY_ISSUER to the URL of your authorization server.')
  process.exit(1)
}

const app = fastify({ logger: true })
const { pathname } = new URL(audience)
const resource = { issuer, audience }
const credentials = {
  ...(process.env.OSTIARY_CLIENT_ID && { clientId: process.env.OSTIARY_CLIENT_ID }),
  ...(process.env.OSTIARY_CLIENT_SECRET && { clientSecret: process.env.OSTIARY_CLIENT_SECRET }),
}
await app.register(registerMetadata, resource)
await app.register(registerApi, {
  prefix: pathname === '/' ? '' : pathname,
  ...resource,
  ...credentials,
  databasePath: process.env.CRM_DATABASE ?? './data/crm.sqlite',
  organisations: [{ id: 'demo', units: [{ id: 'main' }] }],
})
await app.listen({ port })
