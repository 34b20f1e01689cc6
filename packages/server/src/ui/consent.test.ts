import { parse } from 'node-html-parser'
import { describe, expect, test } from 'vitest'
import {
  CONSENT,
  SAMPLE_CONTEXT,
  SAMPLE_SCOPES,
  SEVERAL_ORGANISATIONS,
} from '../../test/support/sample-pages.ts'
import type { ConsentPage, PageApp } from '../protocol/page.ts'
import { renderPage } from './render.ts'

const draw = (changes: Partial<ConsentPage> = {}, context = SAMPLE_CONTEXT) =>
  parse(renderPage({ ...CONSENT, ...changes }, context).html)
const drawApp = (changes: Partial<PageApp>) => draw({ app: { ...CONSENT.app, ...changes } })

describe('the form', () => {
  test('posts the sealed request and the decision to the consent endpoint', () => {
    const form = draw().querySelector('form[action="/crm/authorize/consent"]')
    expect(form?.getAttribute('method')).toBe('post')
    expect(form?.querySelector('[name=interaction]')?.getAttribute('value')).toBe('sealed-request')
  })

  test('has two buttons, neither in focus, and the first in the document never allows', () => {
    const page = draw()
    const buttons = page.querySelectorAll('[name=decision]')
    expect(buttons.map((button) => [button.getAttribute('value'), button.text])).toEqual([
      ['deny', 'Cancel'],
      ['allow', 'Allow'],
    ])
    expect(page.querySelectorAll('[autofocus]')).toEqual([])
  })

  test('lets who is someone else choose another account for the same request', () => {
    const form = draw().querySelector('form[action="/crm/authorize/account"]')
    expect(form?.querySelector('[name=interaction]')?.getAttribute('value')).toBe('sealed-request')
    const button = form?.querySelector('button')
    expect(button?.attributes).toMatchObject({ name: 'account', value: '' })
    expect(button?.text).toBe('Not you?')
    expect(form?.querySelector('.who')?.text).toBe('Ada Okafor' + 'ada@northwind.example')
  })
})

describe('who asks', () => {
  test('is named in title and heading, with the account that is asked for', () => {
    const page = draw()
    const question = 'Allow Ledgerly to access your Northwind CRM account?'
    expect(page.querySelector('h1')?.text).toBe(question)
    expect(page.querySelector('title')?.text).toBe(`${question} – Northwind CRM`)
  })

  test.each([
    ['by its publisher', {}, 'by Ledgerly GmbH'],
    ['as not verified without one', { publisher: undefined }, 'Not verified by Northwind CRM'],
    ['as not verified with a blank one', { publisher: '\u200B' }, 'Not verified by Northwind CRM'],
    ['as our own', { firstParty: true }, 'an app by Northwind CRM'],
  ])('is introduced %s', (_how, app, words) => {
    expect(drawApp(app).querySelector('.byline')?.text).toContain(words)
  })

  test('D10: has links to its pages only when they are web addresses', () => {
    const page = drawApp({
      homepage: 'javascript:alert(1)',
      privacyUri: undefined,
      termsUri: 'data:text/html,x',
    })
    expect(page.querySelectorAll('.byline a')).toEqual([])
    expect(draw().querySelectorAll('.byline a').length).toBe(3)
  })

  test('C9: cannot pass for another with long names or unseen characters', () => {
    const page = drawApp({ name: `Northwind\u202E\u200B Official${'!'.repeat(10_000)}` })
    const heading = page.querySelector('h1')?.text ?? ''
    expect(heading).toMatch(/^Allow Northwind Official!+… to access/)
    expect(heading.length).toBeLessThan(140)
  })

  test('still has a name when it gave none', () => {
    expect(drawApp({ name: ' \u200B ' }).querySelector('h1')?.text).toContain('An app without')
  })
})

describe('the organisation', () => {
  test('is not mentioned when there are none', () => {
    const page = draw({ organisations: [] })
    expect(page.querySelector('[name=organisation]')).toBeNull()
    expect(page.text).not.toContain('organisation')
  })

  test('is stated when there is one', () => {
    const page = draw()
    expect(page.querySelector('[name=organisation]')).toBeNull()
    expect(page.text).toContain('For the organisation Northwind Traders')
  })

  test('is asked for when there are several, with none chosen beforehand', () => {
    const page = draw(SEVERAL_ORGANISATIONS)
    const radios = page.querySelectorAll('fieldset [type=radio]')
    expect(radios.map((radio) => radio.getAttribute('value'))).toEqual(['org-1', 'org-2'])
    expect(page.querySelectorAll('[type=radio][checked]')).toEqual([])
    expect(page.querySelector('legend')?.text).toBe('Which organisation is this for?')
    for (const radio of radios) {
      expect(page.querySelector(`label[for="${radio.id}"]`)).not.toBeNull()
    }
  })

  test('stays chosen when the page comes back', () => {
    const page = draw({ ...SEVERAL_ORGANISATIONS, selectedOrganisation: 'org-2' })
    expect(page.querySelector('[checked][type=radio]')?.getAttribute('value')).toBe('org-2')
  })

  test('is asked for again when it is missing, but not of who cancels', () => {
    const page = draw({ ...SEVERAL_ORGANISATIONS, problem: 'organisation_missing' })
    expect(page.querySelector('title')?.text).toMatch(/^Error: /)
    const link = page.querySelector('.problem a')
    expect(page.querySelector(link?.getAttribute('href') ?? '')?.getAttribute('name')).toBe(
      'organisation',
    )
    const group = page.querySelector('fieldset')
    expect(group?.getAttribute('aria-invalid')).toBe('true')
    expect(page.getElementById(group?.getAttribute('aria-describedby') ?? '')?.text).toBe(
      link?.text,
    )
    expect(page.querySelector('[value=deny]')?.hasAttribute('formnovalidate')).toBe(true)
  })
})

test('security H5: a redirect URI that the user has not allowed yet is pointed out, with its host', () => {
  expect(draw().querySelector('.warning')).toBeNull()
  const page = draw({ redirectIsNew: true })
  expect(page.querySelector('.warning h2')?.text.trim()).toBe('The address is new')
  expect(page.querySelector('.warning p')?.text).toContain(CONSENT.redirectHost)
})

test('security L1: a question that has changed since is asked again, as a notice and no mistake', () => {
  const page = draw({ problem: 'changed' })
  expect(page.querySelector('.notice[role=status]')?.text).toContain('has changed')
  expect(page.querySelector('title')?.text).not.toMatch(/^Error/)
})

describe('what is asked for', () => {
  test('ASVS 10.7.2: is said in words, by data area, with read, change and delete', () => {
    const page = draw()
    const areas = page.querySelectorAll('.scopes h3').map(({ text }) => text)
    expect(areas).toEqual(['Who you are', 'Contacts', 'Other'])
    const items = page.querySelectorAll('.scopes li').map(({ text }) => text.trim())
    expect(items).toEqual([
      'Recognise you when you come back',
      'See your e-mail address',
      'See your contacts Can read',
      'Add and change contacts Can change Optional',
      'Delete draft invoices Can delete Sensitive Optional',
    ])
  })

  test('is said in the language of the user where the API has words in it', () => {
    const page = draw({ uiLocales: 'de' })
    expect(page.text).toContain('Ihre Kontakte sehen')
    expect(page.text).toContain('Delete draft invoices')
  })

  test.each([
    ['de', 'älteres sehen', 'Älteres sehen'],
    ['el', 'όλα να τα βλέπει', 'Όλα να τα βλέπει'],
  ])('begins in %s with a capital that keeps its accent', (language, clause, shown) => {
    const description = { en: 'see all', [language]: clause }
    const scopes = [{ ...CONSENT.scopes[0], name: 'x', description }] as ConsentPage['scopes']
    const page = draw({ scopes, uiLocales: language })
    expect(page.querySelector('.scopes li bdi')?.text).toBe(shown)
  })

  test('has a ticked box for what is optional and none for what is not', () => {
    const boxes = draw().querySelectorAll('[name=scope]')
    expect(boxes.map(({ attributes }) => attributes)).toEqual([
      { type: 'checkbox', name: 'scope', value: 'contacts:write', checked: '' },
      { type: 'checkbox', name: 'scope', value: 'invoices:delete', checked: '' },
    ])
  })

  test('names a scope without words by itself', () => {
    const scopes = [{ ...CONSENT.scopes[0], name: 'odd:scope' }] as ConsentPage['scopes']
    expect(draw({ scopes }).querySelector('.scopes li')?.text).toContain('“odd:scope”')
  })

  test('folds away what was allowed before, and leaves open what is new', () => {
    const scopes = SAMPLE_SCOPES.map((scope, index) => ({ ...scope, known: index < 4 }))
    const page = draw({ scopes })
    const details = page.querySelector('details')
    expect(details?.hasAttribute('open')).toBe(false)
    expect(details?.querySelectorAll('li').length).toBe(4)
    expect(details?.querySelector('[name=scope]')?.getAttribute('value')).toBe('contacts:write')
    expect(page.querySelector('section.scopes h2')?.text).toBe('Ledgerly will also be able to')
    expect(page.querySelectorAll('section.scopes li').length).toBe(1)
  })

  test('is not folded away when all of it was allowed before', () => {
    const page = draw({ scopes: SAMPLE_SCOPES.map((scope) => ({ ...scope, known: true })) })
    expect(page.querySelector('details')?.hasAttribute('open')).toBe(true)
    expect(page.querySelector('section.scopes')).toBeNull()
  })

  test('may be nothing', () => {
    expect(draw({ scopes: [] }).text).toContain('no access to your data')
  })
})

describe('what follows', () => {
  test('ASVS 10.7.2: says how long the access lasts and how to end it', () => {
    expect(draw().text).toContain('keeps this access for up to 180 days')
    expect(draw().text).toContain('end it at any time under Connected apps')
    expect(draw().querySelector('.fact a')?.getAttribute('href')).toBe('/crm/account/apps')
    expect(draw({ refreshSeconds: undefined }).text).toContain('at the latest 1 hour from now')
  })

  test('C9: always names the host that the browser goes to next', () => {
    expect(draw().text).toContain('You will be sent to app.ledgerly.example')
    expect(draw({ redirectHost: 'com.example.app:' }).text).toContain('sent to com.example.app:')
    expect(draw().querySelector('.warning')).toBeNull()
  })

  test('C9: warns when a program on the device receives the access', () => {
    const page = draw({ redirectHost: '127.0.0.1:51004', redirectIsLoopback: true })
    expect(page.querySelector('.warning h2')?.text).toBe('This app runs on your device')
  })
})
