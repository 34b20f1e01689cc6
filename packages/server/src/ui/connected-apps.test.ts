import { parse } from 'node-html-parser'
import { describe, expect, test } from 'vitest'
import { CONNECTED_APPS } from '../../test/support/own-sample-pages.ts'
import { SAMPLE_CONTEXT, SAMPLE_TENANT } from '../../test/support/sample-pages.ts'
import type { OwnPage, Page } from '../protocol/page.ts'
import { type RenderContext, renderPage } from './render.ts'

const show = (page: Page, context: RenderContext = SAMPLE_CONTEXT) =>
  parse(renderPage(page, context).html)

describe('connected apps', () => {
  const [ledgerly, script] = show(CONNECTED_APPS).querySelectorAll('main section')

  test('say who may do what, for which organisation, since when and when last', () => {
    expect(ledgerly?.querySelector('h2 bdi')?.text).toBe('Ledgerly')
    expect(ledgerly?.querySelector('.byline')?.text).toContain('by Ledgerly GmbH')
    const words = ledgerly?.querySelectorAll('.scopes li bdi').map(({ text }) => text)
    expect(words).toContain('See your contacts')
    expect(words).toContain('Delete draft invoices')
    expect(ledgerly?.text).toContain('For the organisation Northwind Traders')
    const times = ledgerly?.querySelectorAll('time').map((time) => time.getAttribute('datetime'))
    expect(times).toEqual(['2026-08-23T12:00:00.000Z', '2026-11-21T12:00:00.000Z'])
  })

  test('say nothing of what is not known, and warn of who is not verified', () => {
    expect(script?.querySelector('h2 bdi')?.text).toBe('An app without a name')
    expect(script?.querySelector('.byline')?.text).toContain('Not verified by Northwind CRM')
    expect(script?.querySelectorAll('time').length).toBe(1)
  })

  test('lead to the page that asks before one is removed', () => {
    expect(ledgerly?.querySelector('a.button')?.getAttribute('href')).toBe(
      '/crm/account/apps/remove?app=ledgerly&organisation=org-1',
    )
  })
})

describe('the frame of our own pages', () => {
  test('leads to the other pages, to another account, and out', () => {
    const links = show(CONNECTED_APPS).querySelectorAll('nav a')
    expect(links.map((link) => [link.text, link.getAttribute('href')])).toEqual([
      ['Connected apps', '/crm/account/apps'],
      ['API', '/crm/developers'],
      ['Not you?', '/crm/account/sign-in?section=connectedApps'],
      ['Sign out', '/crm/sign-out'],
    ])
  })

  test('mister-james K "app registration": leads to the page by the name that the documents print', () => {
    const rules = { ...SAMPLE_TENANT.rules, developerPageName: 'Settings › API' }
    const tenant = { ...SAMPLE_TENANT, rules }
    for (const acceptLanguage of ['en', 'de', 'el']) {
      const links = show(CONNECTED_APPS, { ...SAMPLE_CONTEXT, tenant, acceptLanguage })
      expect(links.querySelectorAll('nav .sections a')[1]?.text).toBe('Settings › API')
    }
  })

  test('does not lead to pages that a contract does not have', () => {
    const rules = { ...SAMPLE_TENANT.rules, selfService: false }
    const context = { ...SAMPLE_CONTEXT, tenant: { ...SAMPLE_TENANT, rules } }
    expect(show(CONNECTED_APPS, context).querySelectorAll('nav .sections a').length).toBe(1)
  })

  const NOTICES = ['saved', 'revoked', 'allowed', 'disallowed', 'deleted', 'removed'] as const

  test.each(NOTICES)('tells that something was %s', (notice: OwnPage['notice']) => {
    const [status, ...others] = show({ ...CONNECTED_APPS, notice }).querySelectorAll(
      '[role=status]',
    )
    expect(status?.text).toMatch(/\w/)
    expect(others).toEqual([])
  })
})
