import { parse } from 'node-html-parser'
import { expect, test } from 'vitest'
import { SAMPLE_CONTEXT, SIGN_IN } from '../../test/support/sample-pages.ts'
import type { SignInPage } from '../protocol/page.ts'
import { renderPage } from './render.ts'

const draw = (changes: Partial<SignInPage> = {}) =>
  parse(renderPage({ ...SIGN_IN, ...changes }, SAMPLE_CONTEXT).html)

test('is one form that posts the sealed request, username and password to the sign-in endpoint', () => {
  const page = draw()
  const [form, ...others] = page.querySelectorAll('form')
  expect(others).toEqual([])
  expect(form?.attributes).toEqual({ method: 'post', action: '/crm/authorize/sign-in' })
  const fields = page.querySelectorAll('input').map(({ attributes }) => attributes)
  expect(fields).toEqual([
    { type: 'hidden', name: 'interaction', value: 'sealed-request' },
    expect.objectContaining({ name: 'username', type: 'text', autocomplete: 'username' }),
    expect.objectContaining({
      name: 'password',
      type: 'password',
      autocomplete: 'current-password',
    }),
  ])
})

test('ASVS 6.2.7: hinders no password manager, paste or long password', () => {
  expect(draw().querySelectorAll('[maxlength], [readonly], [autocomplete=off]')).toEqual([])
})

test('labels every field', () => {
  const page = draw()
  const labelled = page.querySelectorAll('label').map((label) => label.getAttribute('for'))
  expect(labelled).toEqual(['username', 'password'])
})

test('says which app the user signs in to, and links to its own pages', () => {
  const page = draw()
  expect(page.querySelector('.lead')?.text).toBe('to continue to Ledgerly')
  const links = page.querySelectorAll('nav a').map(({ attributes }) => attributes)
  expect(links.map(({ href }) => href)).toEqual([
    'https://ledgerly.example/',
    'https://ledgerly.example/privacy',
    'https://ledgerly.example/terms',
  ])
  for (const { rel } of links) expect(rel).toContain('noopener')
})

test('keeps the name that was typed, and never a password', () => {
  const page = draw({ username: '"ada" <x>', problem: { kind: 'wrong_credentials' } })
  expect(page.querySelector('#username')?.getAttribute('value')).toBe('"ada" <x>')
  expect(page.querySelector('#password')?.hasAttribute('value')).toBe(false)
})

test('puts the focus where the user goes on', () => {
  const focused = (changes: Partial<SignInPage>) =>
    draw(changes)
      .querySelectorAll('[autofocus]')
      .map((element) => element.id || element.classNames)
  expect(focused({})).toEqual(['username'])
  expect(focused({ username: 'ada' })).toEqual(['password'])
  expect(focused({ problem: { kind: 'expired' } })).toEqual(['username'])
  expect(focused({ problem: { kind: 'wrong_credentials' } })).toEqual(['problem'])
})

test('says a problem in the title, in a summary that leads to the field, and beside the field', () => {
  const page = draw({ problem: { kind: 'field_missing', fields: ['username', 'password'] } })
  expect(page.querySelector('title')?.text).toBe('Error: Sign in – Northwind CRM')
  const summary = page.querySelector('.problem')
  expect(summary?.getAttribute('tabindex')).toBe('-1')
  expect(summary?.querySelector('h2')?.text).toBe('There is a problem')
  for (const link of summary?.querySelectorAll('a') ?? []) {
    const field = page.querySelector(link.getAttribute('href') ?? '')
    expect(field?.getAttribute('aria-invalid')).toBe('true')
    const beside = page.getElementById(field?.getAttribute('aria-describedby') ?? '')
    expect(beside?.text).toBe(link.text)
  }
  expect(summary?.querySelectorAll('a').map(({ text }) => text)).toEqual([
    'Enter your user name or e-mail address',
    'Enter your password',
  ])
})

test('ASVS 6.3.8: does not tell a wrong name from a wrong password', () => {
  const page = draw({ problem: { kind: 'wrong_credentials' } })
  expect(page.querySelector('.problem li')?.text).toContain(
    'The user name, e-mail address or password',
  )
})

test('says how long a locked user has to wait', () => {
  const page = draw({ problem: { kind: 'locked', seconds: 290 } })
  expect(page.querySelector('.problem li')?.text).toContain('Wait 5 minutes')
  expect(page.querySelector('[aria-invalid]')).toBeNull()
})

test('tells of a page that was open too long in a friendly line, not as an error', () => {
  const page = draw({ problem: { kind: 'expired' } })
  expect(page.querySelector('title')?.text).toBe('Sign in – Northwind CRM')
  expect(page.querySelector('.problem')).toBeNull()
  expect(page.querySelector('.notice')?.text).toContain('we started again')
})

test('tells who comes from the account switcher that the other accounts stay', () => {
  // RFC 9700 §4.11.2
  expect(draw({ toldAt: 'app.ledgerly.example' }).querySelector('.notice')?.text).toContain(
    'app.ledgerly.example',
  )
  expect(draw({ hasOtherAccounts: true }).querySelector('.notice')?.text).toContain(
    'other accounts',
  )
  expect(draw().querySelector('.notice')).toBeNull()
})
