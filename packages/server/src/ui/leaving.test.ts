import { parse } from 'node-html-parser'
import { expect, test } from 'vitest'
import { SAMPLE_CONTEXT } from '../../test/support/sample-pages.ts'
import { renderLeaving } from './render.ts'

const render = (redirectUri: string, answer: string) =>
  renderLeaving({ address: redirectUri + answer }, SAMPLE_CONTEXT)

test.each([
  ['https://app.example/cb?a=1', '&code=ost_ac_x&state=%22%3E'],
  ["https://app.example/it's", '?state=;url=https://evil.example/'],
  ['com.example.app:/cb', '?code=x#'],
])('browsers F1: leads to %s by itself, and by a link', (redirectUri, answer) => {
  const { html, contentSecurityPolicy } = render(redirectUri, answer)
  const page = parse(html)
  const refresh = page.querySelectorAll('meta[http-equiv=refresh]')
  expect(refresh.map((each) => each.getAttribute('content'))).toEqual([
    `0;url=${redirectUri}${answer}`,
  ])
  expect(page.querySelector('main a')?.getAttribute('href')).toBe(redirectUri + answer)
  expect(page.querySelectorAll('script')).toEqual([])
  expect(contentSecurityPolicy).toContain("script-src 'none'")
  expect(contentSecurityPolicy).toMatch(/form-action 'self'$/)
})

test('C9: names the place that the browser goes to: the host, or the private scheme', () => {
  const leadTo = (uri: string) => parse(render(uri, '?code=x').html).querySelector('.lead')?.text
  expect(leadTo('https://app.example.com/cb')).toBe('You are being sent to app.example.com.')
  expect(leadTo('com.example.app://bank.example/')).toBe('You are being sent to com.example.app:.')
})
