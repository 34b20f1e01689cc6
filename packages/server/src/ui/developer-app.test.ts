import { parse } from 'node-html-parser'
import { describe, expect, test } from 'vitest'
import { DEVELOPER_APP, OWN_SAMPLE_PAGES } from '../../test/support/own-sample-pages.ts'
import { SAMPLE_CONTEXT } from '../../test/support/sample-pages.ts'
import type { Page } from '../protocol/page.ts'
import { renderPage } from './render.ts'

const show = (page: Page | undefined) => {
  if (page === undefined) throw new Error('there is no such sample')
  return parse(renderPage(page, SAMPLE_CONTEXT).html)
}
const actionsOf = (page: Page | undefined) =>
  show(page)
    .querySelectorAll('form')
    .map((form) => form.getAttribute('action')?.replace('/crm/developers/', ''))

describe('the page of an app', () => {
  test('has a form for each thing that can be changed, with the token of the session', () => {
    expect(actionsOf(DEVELOPER_APP)).toEqual(['app/save', 'app/secrets/add', 'app/token-grant/on'])
    for (const form of show(DEVELOPER_APP).querySelectorAll('form')) {
      expect(form.querySelector('[name=token]')?.getAttribute('value')).toBe('sealed-form')
      expect(form.querySelector('[name=app]')?.getAttribute('value')).toBe(DEVELOPER_APP.app.id)
    }
  })

  test('says what a program needs to connect, and whether it has to use PKCE', () => {
    const factsOf = (page: Page) => {
      const texts = (selector: string) =>
        show(page)
          .querySelectorAll(selector)
          .map((e) => e.text)
      return Object.fromEntries(texts('dt').map((name, at) => [name, texts('dd')[at]]))
    }
    expect(factsOf(DEVELOPER_APP)).toMatchObject({
      'Client ID': DEVELOPER_APP.app.id,
      Issuer: DEVELOPER_APP.endpoints.issuer,
      Metadata: DEVELOPER_APP.endpoints.metadata,
      PKCE: 'required: S256',
    })
    const pkce = { required: false, methods: ['S256', 'plain'] }
    expect(factsOf({ ...DEVELOPER_APP, pkce })).toMatchObject({ PKCE: 'optional: S256, plain' })
  })

  test('says who registered it, where somebody knows', () => {
    expect(show(DEVELOPER_APP).text).toContain('Registered by Ada Winter.')
    expect(show({ ...DEVELOPER_APP, registeredBy: undefined }).text).not.toContain('Registered by')
  })

  test('has none where the operator has disabled the app', () => {
    expect(actionsOf(OWN_SAMPLE_PAGES['developer app, disabled'])).toEqual([])
  })

  test('has neither secrets nor the token grant where there are none', () => {
    expect(actionsOf(OWN_SAMPLE_PAGES['developer app, without a secret'])).toEqual(['app/save'])
  })

  test('lets the token grant be switched off while it is on, and on again when it is over', () => {
    expect(actionsOf(OWN_SAMPLE_PAGES['developer app, token grant on'])).toContain(
      'app/token-grant/off',
    )
    expect(actionsOf(OWN_SAMPLE_PAGES['developer app, token grant over'])).toContain(
      'app/token-grant/on',
    )
  })

  test('shows a secret where it is new, and otherwise no more of it than its end', () => {
    const root = show(OWN_SAMPLE_PAGES['developer app, new secret'])
    expect(root.querySelector('#new-secret')?.text).toMatch(/^ost_cs_/)
    expect(show(DEVELOPER_APP).text).not.toContain('ost_cs_')
    expect(show(DEVELOPER_APP).text).toContain('Ends in x7Qa')
  })

  test('says what is wrong in a summary, and beside each field all that concerns it', () => {
    const root = show(OWN_SAMPLE_PAGES['new developer app, wrong'])
    expect(root.querySelector('title')?.text).toMatch(/^Error: /)
    const summary = root.querySelectorAll('.problem li a')
    expect(summary.map((link) => link.getAttribute('href'))).toEqual([
      '#name',
      '#redirect_uris',
      '#redirect_uris',
      '#type',
      '#organisation',
    ])
    const beside = root.querySelectorAll('#redirect_uris-problem p').map(({ text }) => text)
    expect(beside).toEqual([
      'http://app.example/ is not encrypted. Use https',
      'callback is not a whole address. Start with https://',
    ])
    expect(root.querySelector('#redirect_uris')?.getAttribute('aria-invalid')).toBe('true')
    expect(root.querySelector('#redirect_uris')?.text.trim()).toBe('http://app.example/\ncallback')
  })

  test('says what no field can mend in the summary alone', () => {
    const items = show(OWN_SAMPLE_PAGES['developer app, wrong']).querySelectorAll('.problem li')
    expect(items.at(-1)?.querySelector('a')).toBeNull()
    expect(items.at(-1)?.text).toContain('Somebody else')
  })
})
