// What the fuzzer has found, each mended and kept by name.

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendBytes, sendRequest } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'

const SAFE_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

describe('found by fuzzing', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer('sqlite')
  })
  afterAll(() => server?.stop())

  it('R16: a caller who hangs up in the middle of a body is no failure of ours', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect({ host: hostname, port: Number(port) })
    const head = 'content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\n'
    socket.write(`POST /token HTTP/1.1\r\nhost: ${hostname}\r\n${head}grant_type=`)
    socket.end()
    await expect.poll(() => server.logLines.join('')).toContain('encoding_invalid')
    expect(server.logLines.join('')).not.toContain('"level":"error"')
  })

  it.each(['/assets/.', '/assets/brand.css/.', '/assets/.hidden', '/assets/../main.ts'])(
    'R16: %s, which the files refuse, is not there',
    async (path) => {
      const { status, headers, text } = await sendRequest(server.url, { path })
      expect(status).toBe(404)
      expect(headers).toMatchObject(SAFE_HEADERS)
      expect(JSON.parse(text).error).toBe('not_found')
    },
  )

  it('R16, E12: what is broken behind its headers is answered once, not twice', async () => {
    for (const path of ['/livez', '/nothing', '/jwks', '/token']) {
      const headers = 'host: a\r\ntransfer-encoding: identity\r\n\r\n'
      const { text, closed } = await sendBytes(server.url, `GET ${path} HTTP/1.1\r\n${headers}`)
      expect([closed, text.match(/^HTTP\/1\.1 /gm)?.length], path).toEqual([true, 1])
    }
  })

  it.each([
    ['no HTTP', 400, 'hello\r\n\r\n'],
    [
      'a body of two lengths',
      400,
      'POST /token HTTP/1.1\r\nhost: a\r\ntransfer-encoding: identity\r\ncontent-length: 1\r\n\r\nx',
    ],
    [
      'headers without end',
      431,
      `GET /jwks HTTP/1.1\r\nhost: a\r\na: ${'b'.repeat(40_000)}\r\n\r\n`,
    ],
  ])('R16: %s is refused in the form of every refusal (%i)', async (_, status, bytes) => {
    const { text, closed } = await sendBytes(server.url, bytes)
    const [head = '', body = ''] = text.split('\r\n\r\n')
    expect([closed, head.split('\r\n')[0]]).toEqual([
      true,
      expect.stringMatching(`^HTTP/1.1 ${status} `),
    ])
    for (const [name, value] of Object.entries(SAFE_HEADERS)) {
      expect(head.toLowerCase()).toContain(`${name}: ${value}`.toLowerCase())
    }
    expect(JSON.parse(body)).toEqual({
      error: 'invalid_request',
      error_description: expect.any(String),
    })
  })
})
