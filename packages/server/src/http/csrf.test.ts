import { describe, expect, it } from 'vitest'
import { checkSameOrigin } from './csrf.ts'

const ISSUER = 'https://login.example/crm'
const OURS = 'https://login.example'

describe('D2, RFC 9700 §4.7.1: a form', () => {
  it.each([
    ['the browser says so', { 'sec-fetch-site': 'same-origin', origin: OURS }],
    [
      'the browser says so and hides its origin',
      { 'sec-fetch-site': 'same-origin', origin: 'null' },
    ],
    ['an older browser names our origin', { origin: OURS }],
    ['the caller is no browser', {}],
  ])('is taken when %s', (_what, headers) => {
    expect(() => checkSameOrigin(headers, ISSUER)).not.toThrow()
  })

  it.each([
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    [{ 'sec-fetch-site': 'cross-site', origin: OURS }],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://other.login.example' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': '' }],
    [{ 'sec-fetch-site': 'SAME-ORIGIN' }],
    [{ 'sec-fetch-site': ['same-origin', 'cross-site'] }],
    [{ origin: 'null' }],
    [{ origin: '' }],
    [{ origin: ISSUER }],
    [{ origin: 'http://login.example' }],
    [{ origin: 'https://login.example:8443' }],
    [{ origin: 'https://login.example.evil.example' }],
    [{ origin: 'https://evil.example/https://login.example' }],
  ])('is refused from %j', (headers) => {
    expect(() => checkSameOrigin(headers, ISSUER)).toThrow('cross_site_post')
  })
})
