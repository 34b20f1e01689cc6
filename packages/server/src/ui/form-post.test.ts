import { parse } from 'node-html-parser'
import { expect, test } from 'vitest'
import { SAMPLE_CONTEXT } from '../../test/support/sample-pages.ts'
import type { VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import { renderFormPost } from './render.ts'

const render = (redirectUri: string, fields: Record<string, string | undefined> = {}) =>
  renderFormPost({ redirectUri: redirectUri as VerifiedRedirectUri, fields }, SAMPLE_CONTEXT)

test('posts the response to the redirect URI, fields without a value left out', () => {
  const { html } = render('https://app.example.com/cb?a=1&b=2', {
    code: 'ost_ac_x',
    state: '"><script>alert(1)</script>',
    session_state: undefined,
  })
  const page = parse(html)
  expect(page.querySelector('form')?.attributes).toEqual({
    method: 'post',
    action: 'https://app.example.com/cb?a=1&b=2',
  })
  expect(page.querySelectorAll('input').map(({ attributes }) => attributes)).toEqual([
    { type: 'hidden', name: 'code', value: 'ost_ac_x' },
    { type: 'hidden', name: 'state', value: '"><script>alert(1)</script>' },
  ])
})

test('has a button where scripts are off, and says where it leads', () => {
  const page = parse(render('https://app.example.com/cb').html)
  expect(page.querySelector('form button')?.text).toBe('Continue')
  expect(page.querySelector('.lead')?.text).toBe('You are being sent to app.example.com.')
})

test('C9: names a private scheme, not the host that an app made up behind it', () => {
  const page = parse(render('com.example.app://bank.example/cb').html)
  expect(page.querySelector('.lead')?.text).toBe('You are being sent to com.example.app:.')
})

test('sends itself with a script of its own', () => {
  const page = parse(render('https://app.example.com/cb').html)
  const scripts = page.querySelectorAll('script').map((script) => script.getAttribute('src'))
  expect(scripts).toEqual(['/crm/assets/form-post.js'])
})

test.each([
  ['https://app.example.com:8443/cb', 'https://app.example.com:8443'],
  ['com.example.app:/cb', 'com.example.app:'],
])('lets the form to %s end up at %s alone', (redirectUri, source) => {
  expect(render(redirectUri).contentSecurityPolicy).toMatch(
    new RegExp(`form-action 'self' ${source}$`),
  )
})
