import { describe, expect, test } from 'vitest'
import { startApi } from './support/start-api.ts'

const VERSIONS = {
  versions: [
    { version: '1.7.0', state: 'current' },
    { version: '1.8.0', state: 'current' },
  ],
} as const

async function startVersionedApi() {
  const api = await startApi({ versions: true })
  api.issuer.publishVersions(VERSIONS)
  const authorization = `Bearer ${await api.issuer.mint({ organisationId: 'acme' })}`
  return {
    get: (path: string, headers: Record<string, string> = {}) =>
      api.app.inject({ url: `/api/v1${path}`, headers: { authorization, ...headers } }),
  }
}

describe('an API with versions', () => {
  test('serves the one that is named, and says that there is a later one', async () => {
    const { get } = await startVersionedApi()
    const answer = await get('/me', { 'x-version': '1.7.0' })
    expect(answer.json()).toMatchObject({ api_version: '1.7.0' })
    expect(answer.headers).toMatchObject({
      'x-version': '1.7.0',
      'x-version-latest': '1.8.0',
      'x-version-status': 'update-available',
    })
  })

  test.each([
    ['without a token', '/me', { authorization: '' }, 401],
    ['without the scope', '/contacts', {}, 403],
    ['to an unknown address', '/invoices', {}, 404],
    ['that names no version of it', '/me', { 'x-version': '9.9.9' }, 400],
  ])(
    'tells the latest version on the answer to a request %s too',
    async (_what, path, headers, status) => {
      const { get } = await startVersionedApi()
      const answer = await get(path, headers)
      expect(answer.statusCode).toBe(status)
      expect(answer.headers['x-version-latest']).toBe('1.8.0')
      expect(answer.headers.vary).toBe('X-VERSION')
    },
  )
})

test('an API without versions ignores the header', async () => {
  const api = await startApi()
  const call = await api.callAs()
  const { status, headers, body } = await call('GET', '/me')
  expect(status).toBe(200)
  expect(body).not.toHaveProperty('api_version')
  expect(headers).not.toHaveProperty('x-version')
})
