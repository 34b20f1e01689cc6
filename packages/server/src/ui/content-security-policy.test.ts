import { expect, test } from 'vitest'
import { contentSecurityPolicy } from './content-security-policy.ts'

const policyOf = (hasScript: boolean, formAction: string | undefined = undefined) =>
  contentSecurityPolicy({ hasScript, formAction })
const formAction = (source: string) => policyOf(false, source).split('; ').at(-1)

test('ASVS 3.4.3: allows nothing but our own files, and no frame around the page', () => {
  expect(policyOf(true)).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  )
})

test('allows no script on a page that has none', () => {
  expect(policyOf(false)).toContain("script-src 'none'")
})

test.each([
  'https://app.example.com',
  'https://app.example.com:8443',
  'http://127.0.0.1:51004',
  'com.example.app:',
])('lets a form end up at %s', (source) => {
  expect(formAction(source)).toBe(`form-action 'self' ${source}`)
})

test('covers an IPv6 loopback address by its scheme, since CSP has no syntax for it', () => {
  expect(formAction('http://[::1]:51004')).toBe("form-action 'self' http:")
})

test.each([
  "https://a;script-src 'unsafe-inline'",
  'https://a.example;script-src',
  'https://a.example, https://b.example',
  'https://a.example https://b.example',
  'https://*',
  '*',
  "'unsafe-inline'",
  'https://a.example\r\nset-cookie: x',
  '',
])('leaves out the source %j, which could change the policy', (source) => {
  expect(formAction(source)).toBe("form-action 'self'")
})
