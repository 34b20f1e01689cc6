import { parse } from 'node-html-parser'
import { expect, test } from 'vitest'
import { SAMPLE_CONTEXT, SIGN_OUT } from '../../test/support/sample-pages.ts'
import { renderPage } from './render.ts'

test('asks in a form of its own, with the token that proves the page', () => {
  const page = parse(renderPage(SIGN_OUT, SAMPLE_CONTEXT).html)
  expect(page.querySelector('form')?.attributes).toEqual({
    method: 'post',
    action: '/crm/sign-out/confirm',
  })
  expect(page.querySelector('input')?.attributes).toEqual({
    type: 'hidden',
    name: 'token',
    value: 'sealed-sign-out',
  })
  expect(page.querySelector('.accounts')?.text).toContain('Ada Okafor')
})

test('names no account when there is none', () => {
  const page = parse(renderPage({ ...SIGN_OUT, accounts: [] }, SAMPLE_CONTEXT).html)
  expect(page.querySelector('.accounts')).toBeNull()
  expect(page.querySelector('button')?.text).toBe('Sign out')
})

test('ends on a page that asks for nothing and runs nothing', () => {
  const done = renderPage({ page: 'signed-out', uiLocales: undefined }, SAMPLE_CONTEXT)
  expect(parse(done.html).querySelectorAll('form, script')).toEqual([])
  expect(done.contentSecurityPolicy).toContain("script-src 'none'")
})
