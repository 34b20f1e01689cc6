import { describe, expect, test } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import { chooseLanguage, textDirection } from './language.ts'

const AVAILABLE = ['de', 'en', 'pt-BR']
const choose = (uiLocales?: string, cookie?: string, acceptLanguage?: string) =>
  chooseLanguage({ uiLocales, cookie, acceptLanguage }, AVAILABLE)

describe('chooseLanguage', () => {
  test('takes English when nobody wishes anything', () => {
    expect(choose()).toBe('en')
  })

  test.each([
    ['the request before cookie and browser', 'de', 'en', 'en', 'de'],
    ['the cookie before the browser', undefined, 'de', 'en', 'de'],
    ['the browser when nothing else is said', undefined, undefined, 'de', 'de'],
    ['the cookie when the request names only unknown ones', 'fr ja', 'de', 'en', 'de'],
    ['the first known of several in the request', 'fr de en', undefined, 'en', 'de'],
  ])('takes %s', (_what, uiLocales, cookie, acceptLanguage, chosen) => {
    expect(choose(uiLocales, cookie, acceptLanguage)).toBe(chosen)
  })

  test.each([
    ['en;q=0.5, de;q=0.9', 'de'],
    ['en;q=0.5,de', 'de'],
    ['fr, de;q=0.8, en;q=0.9', 'en'],
    ['de;q=0, en;q=0.1', 'en'],
    ['de;q=0', 'en'],
    ['de-AT, en;q=0.9', 'de'],
    ['de-DE-1996', 'de'],
    ['DE', 'de'],
    ['pt-BR', 'pt-BR'],
    ['*', 'en'],
    ['*, de;q=0.5', 'de'],
    ['de;q=2, en', 'en'],
    ['de;q=abc, en;q=0.1', 'en'],
    ['de ; q=0.9 , en;q=0.1', 'de'],
    ['', 'en'],
    [',,;;q=,', 'en'],
    ['<script>', 'en'],
  ])('RFC 9110 §12.5.4: reads Accept-Language %j as %s', (acceptLanguage, chosen) => {
    expect(choose(undefined, undefined, acceptLanguage)).toBe(chosen)
  })

  test('survives values of any size and kind', () => {
    expect(choose('de'.repeat(10_000), '\u0000', 'x-'.repeat(50_000))).toBe('en')
    expect(choose(undefined, undefined, `${'fr,'.repeat(1000)}de`)).toBe('en')
  })

  test('E5: is done with any long Accept-Language at once', () => {
    const headers = longTexts(',', ';', 'de;q=0.5,', ';q=1', 'a-', ' ', 'q=', '0.')
    const slowest = slowestMs(headers, (header) => choose(undefined, undefined, header))
    expect(slowest).toBeLessThan(LONG_ENOUGH_MS)
  })
})

describe('textDirection', () => {
  test.each([
    ['en', 'ltr'],
    ['de', 'ltr'],
    ['ar', 'rtl'],
    ['he', 'rtl'],
    ['fa-IR', 'rtl'],
    ['az-Arab', 'rtl'],
    ['az', 'ltr'],
  ])('of %s is %s', (language, direction) => {
    expect(textDirection(language)).toBe(direction)
  })
})
