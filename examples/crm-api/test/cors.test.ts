import { expect, test } from 'vitest'
import { startApi } from './support/start-api.ts'

const ORIGIN = 'https://spa.example'
const PREFLIGHT = {
  'access-control-request-method': 'PATCH',
  'access-control-request-headers': 'authorization,content-type',
}
const corsHeaders = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-'))

test('browsers F6: answers the preflight of a page of a known app, and lets it read answers and refusals', async () => {
  const { app } = await startApi({ origins: [ORIGIN] })
  const url = '/api/v1/contacts'
  const preflight = await app.inject({
    method: 'OPTIONS',
    url,
    headers: { origin: ORIGIN, ...PREFLIGHT },
  })
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': ORIGIN,
    'access-control-allow-methods': expect.stringContaining('PATCH'),
    'access-control-allow-headers': expect.stringContaining('Authorization'),
  })
  expect(preflight.headers['access-control-allow-credentials']).toBeUndefined()
  const refused = await app.inject({ url, headers: { origin: ORIGIN } })
  expect(refused.statusCode).toBe(401)
  expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN)
})

test.each(['https://evil.example', 'https://spa.example.evil.example', 'null', undefined])(
  'E8: lets the origin %j read nothing',
  async (origin) => {
    const { app } = await startApi({ origins: [ORIGIN] })
    const url = '/api/v1/contacts'
    const headers = { ...(origin && { origin }), ...PREFLIGHT }
    for (const method of ['OPTIONS', 'GET'] as const) {
      const answer = await app.inject({ method, url, headers })
      expect(answer.statusCode).toBe(method === 'GET' ? 401 : 405)
      expect(corsHeaders(answer.headers)).toEqual([])
    }
  },
)
