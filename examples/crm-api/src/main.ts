// Runs the sample API by itself: OSTIARY_ISSUER=https://auth.example.com node src/main.ts

import type { ContractName } from '@ostiary/resource'
import { fastify } from 'fastify'
import { registerApi, registerMetadata } from './plugin.ts'

const port = Number(process.env.PORT ?? 4000)
const issuer = process.env.OSTIARY_ISSUER
// Checked where the guard is made.
const contract = process.env.OSTIARY_CONTRACT as ContractName | undefined
const audience = process.env.OSTIARY_AUDIENCE ?? `http://localhost:${port}/api/v1`

if (!issuer) {
  console.error('Set OSTIARY_ISSUER to the URL of your authorization server.')
  process.exit(1)
}

const app = fastify({ logger: true })
const { pathname } = new URL(audience)
const resource = { issuer, audience, ...(contract && { contract }) }
const credentials = {
  ...(process.env.OSTIARY_CLIENT_ID && { clientId: process.env.OSTIARY_CLIENT_ID }),
  ...(process.env.OSTIARY_CLIENT_SECRET && { clientSecret: process.env.OSTIARY_CLIENT_SECRET }),
}
await app.register(registerMetadata, resource)
await app.register(registerApi, {
  prefix: pathname === '/' ? '' : pathname,
  ...resource,
  ...credentials,
  versions: process.env.CRM_VERSIONS === 'true',
  // There is one organisation here, so whoever has a token of this contract belongs to it.
  ...(contract === 'financial-cents' && { organisationOf: () => 'demo' }),
  databasePath: process.env.CRM_DATABASE ?? './data/crm.sqlite',
  organisations: [{ id: 'demo', units: [{ id: 'main' }] }],
})
await app.listen({ port })
