import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { addressMatcher } from '../platform/addresses.ts'
import { callerOf } from './caller.ts'

const isTrusted = addressMatcher(['127.0.0.1', '10.0.0.0/8'])

function caller(from: string, headers: IncomingMessage['headers'] = {}) {
  const socket = { remoteAddress: from } as IncomingMessage['socket']
  return callerOf({ headers, socket }, isTrusted)
}

describe('security M4: who calls', () => {
  it.each([
    ['::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['127.0.0.1', '203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['127.0.0.1', '198.51.100.9, 203.0.113.7, 10.1.1.1', '203.0.113.7'],
    ['127.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['127.0.0.1', '203.0.113.7,', 'unknown'],
    ['127.0.0.1', 'unknown', 'unknown'],
    ['127.0.0.1', '203.0.113.7, garbage', 'unknown'],
    ['127.0.0.1', '10.1.1.1', '10.1.1.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['192.0.2.1', '203.0.113.7', '192.0.2.1'],
  ])('from %s with X-Forwarded-For %j is %s', (from, forwarded, address) => {
    expect(caller(from, { 'x-forwarded-for': forwarded }).address).toBe(address)
  })

  it('a proxy that is not trusted is noticed, and says nothing about TLS', () => {
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
    expect(caller('192.0.2.1', headers)).toMatchObject({ claimsProxy: true, protocol: undefined })
    expect(caller('127.0.0.1', headers)).toMatchObject({ claimsProxy: false, protocol: 'https' })
    expect(caller('192.0.2.1')).toMatchObject({ claimsProxy: false })
  })

  it('of several protocols, the last is what the proxy saw', () => {
    const headers = { 'x-forwarded-proto': 'https, http' }
    expect(caller('127.0.0.1', headers).protocol).toBe('http')
  })
})
