// The style sheets and scripts of the pages: what browsers keep of them, and that there is nothing else.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ASSET_FOLDER } from '../../src/ui/render.ts'
import { sendRequest } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer('sqlite', { path: '/crm' })
})
afterAll(() => server?.stop())

const ask = (file: string, headers: Record<string, string> = {}, method = 'GET') =>
  sendRequest(`${server.issuer}/assets/${file}`, { method, headers })

describe('the files of the pages', () => {
  const files = readdirSync(ASSET_FOLDER)

  it.each(files)('%s is what stands in the folder, and may be kept for an hour', async (file) => {
    const { status, headers, text } = await ask(file)
    expect(status).toBe(200)
    expect(text).toBe(readFileSync(join(ASSET_FOLDER, file), 'utf8'))
    expect(headers).toMatchObject({
      'content-type': TYPES[file.split('.')[1] ?? ''],
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    const head = await ask(file, {}, 'HEAD')
    expect(head.text).toBe('')
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(text)))
  })

  it.each([...files, 'brand.css'])('RFC 9110 §13: %s is not sent to who has it', async (file) => {
    const { headers } = await ask(file)
    const { etag = '', 'last-modified': changedAt } = headers
    const known: Record<string, string>[] = [
      { 'if-none-match': etag },
      { 'if-none-match': `"another", W/${etag}` },
      { 'if-none-match': '*' },
    ]
    if (changedAt !== undefined) known.push({ 'if-modified-since': changedAt })
    for (const asked of known) {
      const answer = await ask(file, asked)
      expect([answer.status, answer.text], JSON.stringify(asked)).toEqual([304, ''])
      expect(answer.headers.etag).toBe(etag)
    }
    const unknown: Record<string, string>[] = [
      { 'if-none-match': '"another"', 'if-modified-since': changedAt ?? '' },
      { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      { 'if-modified-since': 'yesterday' },
    ]
    for (const asked of unknown) {
      expect((await ask(file, asked)).status, JSON.stringify(asked)).toBe(200)
    }
  })

  it.each([
    'nothing.css',
    '',
    '..%2frender.ts',
    '%2e%2e%2frender.ts',
    '../render.ts',
    '__proto__',
    'page.css%00',
    'page.css/',
  ])('%j is not there', async (file) => {
    const { status, headers } = await ask(file)
    expect(status).toBe(404)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
  })
})
