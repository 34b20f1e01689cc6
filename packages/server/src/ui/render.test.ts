import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type HTMLElement, parse } from 'node-html-parser'
import { describe, expect, test } from 'vitest'
import { OWN_SAMPLE_PAGES } from '../../test/support/own-sample-pages.ts'
import {
  CONSENT,
  SAMPLE_CONTEXT,
  SAMPLE_PAGES,
  SAMPLE_TENANT,
  SIGN_IN,
} from '../../test/support/sample-pages.ts'
import type { Page } from '../protocol/page.ts'
import { ASSET_FOLDER, renderPage } from './render.ts'
import { LANGUAGES } from './words.ts'

const states = Object.entries({ ...SAMPLE_PAGES, ...OWN_SAMPLE_PAGES })

describe.each(states)('%s', (_state, page) => {
  describe.each(LANGUAGES)('in %s', (language) => {
    const { html } = renderPage(page, { ...SAMPLE_CONTEXT, acceptLanguage: language })
    const root = parse(html)

    test('has its language, one heading, landmarks and a way to skip to the content', () => {
      expect(root.querySelector('html')?.attributes).toMatchObject({ lang: language, dir: 'ltr' })
      expect(root.querySelectorAll('h1').length).toBe(1)
      for (const landmark of ['body > header', 'body > main', 'body > footer']) {
        expect(root.querySelectorAll(landmark).length).toBe(1)
      }
      const skip = root.querySelector('body > a')?.getAttribute('href') ?? ''
      expect(root.querySelector(skip)?.tagName).toBe('MAIN')
      expect(root.querySelector('title')?.text).toContain('Northwind CRM')
    })

    test('ASVS 3.4.3: has no inline script, style or handler', () => {
      expect(root.querySelectorAll('style, [style], base, iframe, object')).toEqual([])
      for (const script of root.querySelectorAll('script')) expect(script.text).toBe('')
      for (const element of root.querySelectorAll('*')) {
        const handlers = Object.keys(element.attributes).filter((name) => /^on/i.test(name))
        expect(handlers).toEqual([])
      }
    })

    test('loads its own files only, all of which exist', () => {
      const loaded = root.querySelectorAll('link, script, img').map(sourceOf)
      for (const source of loaded) expect(source).toMatch(/^\/crm\/assets\/[\w.-]+$/)
      const files = loaded.map((source) => source.replace('/crm/assets/', ''))
      const missing = files.filter((file) => !existsSync(join(ASSET_FOLDER, file)))
      // Made per tenant, not a file.
      expect(missing).toEqual(['brand.css'])
    })

    test('sends forms by POST to our own endpoints only', () => {
      for (const form of root.querySelectorAll('form')) {
        expect(form.getAttribute('method')).toBe('post')
        expect(form.getAttribute('action')).toMatch(/^\/crm\/[a-z/-]+$/)
      }
    })

    test('uses every id once, and refers to none that is missing', () => {
      const ids = root.querySelectorAll('[id]').map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      for (const attribute of ['for', 'aria-describedby', 'aria-labelledby', 'aria-controls']) {
        for (const element of root.querySelectorAll(`[${attribute}]`)) {
          const named = element.getAttribute(attribute)?.split(' ')
          expect(ids).toEqual(expect.arrayContaining(named ?? []))
        }
      }
    })
  })
})

function sourceOf(element: HTMLElement): string {
  return element.getAttribute('src') ?? element.getAttribute('href') ?? ''
}

describe('text that others chose', () => {
  const PAYLOADS = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" autofocus onfocus="alert(1)',
    '</title><script>alert(1)</script>',
    '</textarea></select><b>',
    '<!--',
    ']]><x>',
    '{alert(1)}',
    '$' + '{alert(1)}',
    '!',
    "{count, plural, other {<b>}} '{' </strong>",
    '&lt;script&gt;&#60;b&#62;',
    'a\r\nset-cookie: b=c',
    '\u202Egpj.exe\u0000<b>',
    'javascript:alert(1)',
    '`-alert(1)-`',
  ]

  test.each(PAYLOADS)('ASVS 1.2.1: %j stays text in every field of every page', (payload) => {
    for (const [state, page] of states) {
      expect([state, structureOf(page, payload)]).toEqual([state, structureOf(page, 'harmless')])
    }
  })

  test('any other text stays text, too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(structureOf(CONSENT, `x${text}`)).toEqual(structureOf(CONSENT, 'harmless'))
      }),
    )
  })
})

/** Tags and names of attributes of the page with this text wherever a person or an app can choose one. */
function structureOf(page: Page, text: string): string[] {
  const tenant = { ...SAMPLE_TENANT, displayName: text, supportEmail: text }
  const { html } = renderPage(replaceTexts(page, text) as Page, { ...SAMPLE_CONTEXT, tenant })
  return parse(html)
    .querySelectorAll('*')
    .map((element) => [element.rawTagName, ...Object.keys(element.attributes)].join(' '))
}

/** These choose among words of ours; no stranger sets them. */
const FIXED = new Set([
  ...['page', 'problem', 'reason', 'difference', 'access', 'sections'],
  ...['notice', 'type', 'state', 'code', 'field'],
])

function replaceTexts(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text
  if (Array.isArray(value)) return value.map((part) => replaceTexts(part, text))
  if (typeof value !== 'object' || value === null) return value
  const replaced = Object.entries(value).map(([key, part]) => [
    key,
    FIXED.has(key) ? part : replaceTexts(part, text),
  ])
  return Object.fromEntries(replaced)
}

describe('the rendered page', () => {
  test('names its language and its policy', () => {
    const rendered = renderPage({ ...SIGN_IN, uiLocales: 'tlh de' }, SAMPLE_CONTEXT)
    expect(rendered.language).toBe('de')
    expect(rendered.contentSecurityPolicy).toMatch(/; form-action 'self'$/)
  })

  test('follows the language cookie before the browser', () => {
    expect(renderPage(SIGN_IN, { ...SAMPLE_CONTEXT, languageCookie: 'de' }).language).toBe('de')
  })

  test.each([
    ['dark', 'dark'],
    ['light', 'light'],
    ['"><script>', 'light dark'],
    [undefined, 'light dark'],
  ])('with the theme cookie %j has the colour scheme %s', (themeCookie, scheme) => {
    const root = parse(renderPage(SIGN_IN, { ...SAMPLE_CONTEXT, themeCookie }).html)
    expect(root.querySelector('meta[name=color-scheme]')?.getAttribute('content')).toBe(scheme)
    const chosen = root.querySelector('html')?.getAttribute('data-theme')
    expect(chosen).toBe(scheme === themeCookie ? themeCookie : undefined)
  })

  test.each([
    ['sign-in', SIGN_IN],
    ['consent', CONSENT],
  ])('of %s weighs less than 20 kB with its style sheet, compressed', (_name, page) => {
    const style = readFileSync(join(ASSET_FOLDER, 'page.css'))
    expect(style.length).toBeLessThan(12 * 1024)
    const { html } = renderPage(page, SAMPLE_CONTEXT)
    expect(gzipSync(html).length + gzipSync(style).length).toBeLessThan(20 * 1024)
  })
})
