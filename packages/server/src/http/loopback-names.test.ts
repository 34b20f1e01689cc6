import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { addressAtIssuer } from './loopback-names.ts'

const NAVIGATION = { method: 'GET', mode: 'navigate', url: '/main/authorize?a=b' }

function ask(host: string, issuer: string, given: Partial<typeof NAVIGATION> = {}) {
  const { method, mode, url } = { ...NAVIGATION, ...given }
  const request = { method, headers: { host, 'sec-fetch-mode': mode }, raw: { url } }
  return addressAtIssuer(request as unknown as FastifyRequest, issuer)
}

test.each([
  ['127.0.0.1:3000', 'http://localhost:3000/main', 'http://localhost:3000'],
  ['[::1]:3000', 'http://localhost:3000', 'http://localhost:3000'],
  ['localhost:3000', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ['127.0.0.1', 'http://localhost', 'http://localhost'],
])('field 28: leads a browser from %s to its issuer %s', (host, issuer, origin) => {
  expect(ask(host, issuer)).toBe(`${origin}/main/authorize?a=b`)
})

test.each([
  ['localhost:3000', 'http://localhost:3000'],
  ['127.0.0.1:3001', 'http://localhost:3000'],
  ['upstream:3000', 'http://localhost:3000'],
  ['127.0.0.1:3000', 'https://auth.example'],
  ['127.0.0.1:443', 'https://localhost:443'],
  ['127.0.0.1:3000', 'http://auth.lan:3000'],
  ['', 'http://localhost:3000'],
])('decision 0056: answers at %j for the issuer %s', (host, issuer) => {
  expect(ask(host, issuer)).toBeUndefined()
})

test('leads nobody on but who opens a page, and nowhere but below the issuer', () => {
  const asked = ['127.0.0.1:3000', 'http://localhost:3000'] as const
  expect(ask(...asked, { method: 'POST' })).toBeUndefined()
  expect(ask(...asked, { mode: 'cors' })).toBeUndefined()
  expect(ask(...asked, { url: 'http://evil.example/' })).toBeUndefined()
  expect(new URL(ask(...asked, { url: '//evil.example/' }) ?? '').host).toBe('localhost:3000')
})
