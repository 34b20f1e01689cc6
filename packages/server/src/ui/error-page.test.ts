import { parse } from 'node-html-parser'
import { describe, expect, test } from 'vitest'
import { ERROR, SAMPLE_CONTEXT, SAMPLE_TENANT } from '../../test/support/sample-pages.ts'
import type { ErrorPage } from '../protocol/page.ts'
import type { PageErrorReason } from '../protocol/page-reasons.ts'
import { renderPage } from './render.ts'
import { LANGUAGES } from './words.ts'

const draw = (changes: Partial<ErrorPage> = {}, context = SAMPLE_CONTEXT) =>
  parse(renderPage({ ...ERROR, ...changes }, context).html)

const REASONS = Object.keys({
  client_id_missing: true,
  client_unknown: true,
  redirect_uri_missing: true,
  redirect_uri_mismatch: true,
  redirect_uri_insecure: true,
  request_malformed: true,
  interaction_invalid: true,
  interaction_of_other_browser: true,
  already_decided: true,
  cross_site_post: true,
  form_outdated: true,
  not_found: true,
  app_not_yours: true,
  method_not_allowed: true,
  too_many_requests: true,
  temporarily_unavailable: true,
  unexpected: true,
} satisfies Record<PageErrorReason, true>) as PageErrorReason[]

describe.each(LANGUAGES)('in %s', (uiLocales) => {
  test.each(REASONS)('%s has words for the person and for the developer', (reason) => {
    const page = draw({ reason, uiLocales })
    expect(page.querySelector('h1')?.text.length).toBeGreaterThan(10)
    expect(page.querySelector('.lead')?.text.length).toBeGreaterThan(25)
    expect(page.querySelector('details p')?.text.length).toBeGreaterThan(25)
    expect(page.querySelector('dd code')?.text).toBe(reason)
  })
})

test('says "Error" first in the title', () => {
  expect(draw().querySelector('title')?.text).toBe(
    'Error: We cannot send you back to this app – Northwind CRM',
  )
})

test('RFC 6749 §4.1.2.1: leads nowhere but to support', () => {
  const links = draw({ received: 'https://evil.example/' }).querySelectorAll('main a, main form')
  expect(links).toEqual([])
})

test('folds the technical part away', () => {
  expect(draw().querySelector('details')?.hasAttribute('open')).toBe(false)
})

test('shows the redirect URI that was received as text, and its first difference', () => {
  const details = draw({ difference: 'port' }).querySelector('details')
  expect(details?.querySelector('bdi')?.text).toBe('https://app.ledgerly.example/callback/')
  expect(details?.text).toContain('First difference')
  expect(details?.text).toContain('the port')
})

test('shows no more than the start of an endless redirect URI', () => {
  const page = draw({ received: `https://evil.example/${'a'.repeat(10_000)}` })
  expect(page.querySelector('dd bdi')?.text).toHaveLength(500)
})

test('leaves out what it does not know', () => {
  const details = draw({ received: undefined, difference: undefined }).querySelector('details')
  expect(details?.querySelectorAll('dt').map(({ text }) => text)).toEqual(['Error'])
})

test('says that nothing was shared only where that is certain', () => {
  expect(draw().text).toContain('Nothing was shared')
  expect(draw({ reason: 'already_decided' }).text).not.toContain('Nothing was shared')
})

test('says when to try again', () => {
  const page = draw({ reason: 'too_many_requests', retryAfterSeconds: 40 })
  expect(page.text).toContain('try again in 40 seconds')
})

test('gives support the number of the request, in the page and in the mail', () => {
  const page = draw()
  expect(page.querySelector('.request-id')?.text).toBe('5c2f1fd2a7f04b0e')
  expect(page.querySelector('footer a')?.getAttribute('href')).toBe(
    'mailto:support@northwind.example?subject=Error%20redirect_uri_mismatch%2C%20request%205c2f1fd2a7f04b0e',
  )
})

test('has no mail link when there is no address', () => {
  const tenant = { ...SAMPLE_TENANT, supportEmail: undefined }
  expect(draw({}, { ...SAMPLE_CONTEXT, tenant }).querySelector('footer')?.text).toBe('')
})
