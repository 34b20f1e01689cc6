// The floor: bare node:http with the cryptography and the disk flushes of an authorization server, and nothing else. It
// is no server that anybody should run; it tells how fast one could be on this machine.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Reply } from './reply.ts'
import { createRoutes } from './routes.ts'

const { BENCH_PORT = '0', BENCH_SETTINGS = '{}' } = process.env
const routes = createRoutes(JSON.parse(BENCH_SETTINGS))

createServer((request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  const route = routes[path]
  if (!route) return send(response, { status: 404, body: '{}' })
  const answer = (body: string) => {
    Promise.resolve(route({ body, query, headers: request.headers })).then(
      (reply) => send(response, reply),
      (error) => send(response, { status: 500, body: String(error) }),
    )
  }
  if (request.method === 'GET') answer('')
  else readBody(request, answer)
}).listen(Number(BENCH_PORT), '127.0.0.1')

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (chunk) => {
    body += chunk
  })
  request.on('end', () => done(body))
}

function send(response: ServerResponse, { status, body = '', location }: Reply): void {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(location !== undefined && { location }),
  }
  response.writeHead(status, headers).end(body)
}
