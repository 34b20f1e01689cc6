// @node-oauth/oauth2-server behind bare node:http. It is a library: sessions, consent, introspection, revocation, keys
// and documents are left to whoever uses it; here the first two are a row each.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parse } from 'node:querystring'
import OAuth2Server from '@node-oauth/oauth2-server'
import { type OutfitOfModel, openModel } from './model.ts'

export interface OAuth2ServerSettings extends OutfitOfModel {
  readonly database: string
}

const { BENCH_PORT = '0', BENCH_SETTINGS = '{}' } = process.env
const settings: OAuth2ServerSettings = JSON.parse(BENCH_SETTINGS)
const { model, findUser } = openModel(settings.database, settings)
const oauth = new OAuth2Server({ model: model as unknown as OAuth2Server.AuthorizationCodeModel })

createServer((incoming, outgoing) => {
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', (chunk) => {
    body += chunk
  })
  incoming.on('end', () => {
    answer(incoming, body).then(
      (response) => send(outgoing, response),
      (error) => fail(outgoing, error),
    )
  })
}).listen(Number(BENCH_PORT), '127.0.0.1')

async function answer(incoming: IncomingMessage, body: string): Promise<OAuth2Server.Response> {
  const [path = '', query = ''] = (incoming.url ?? '').split('?', 2)
  const request = new OAuth2Server.Request({
    headers: incoming.headers as Record<string, string>,
    method: incoming.method as string,
    query: parse(query) as Record<string, string>,
    body: parse(body),
  })
  const response = new OAuth2Server.Response({})
  if (path === '/token') {
    await oauth.token(request, response, { refreshTokenLifetime: 30 * 86_400 })
  } else if (path === '/authorize') {
    const authenticateHandler = { handle: requireUser }
    await oauth.authorize(request, response, { authenticateHandler, authorizationCodeLifetime: 60 })
  }
  return response
}

/** The library takes PKCE, but does not ask for it. */
async function requireUser({ headers, query }: OAuth2Server.Request) {
  if (query?.code_challenge === undefined) throw new Error('PKCE is required here')
  const session = (headers?.cookie ?? '').slice('session='.length)
  const user = findUser(session, query.client_id ?? '')
  if (!user) throw new Error('nobody is signed in, or the app was never allowed')
  return user
}

function send(
  outgoing: ServerResponse,
  { status = 200, headers = {}, body }: OAuth2Server.Response,
) {
  const text = JSON.stringify(body)
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  outgoing.writeHead(status, { ...headers, ...type }).end(text)
}

function fail(outgoing: ServerResponse, error: { code?: number; name?: string; message?: string }) {
  const text = JSON.stringify({ error: error.name, error_description: error.message })
  const status = typeof error.code === 'number' ? error.code : 500
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(text)
}
