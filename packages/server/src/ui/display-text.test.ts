import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costlyText, costRatio, plainText } from '../../test/support/costly-texts.ts'
import { displayText, webLink } from './display-text.ts'

describe('displayText', () => {
  test.each([
    ['plain text', 'Ledgerly', 'Ledgerly'],
    ['other scripts', 'برنامج 手帳 Ünïcode', 'برنامج 手帳 Ünïcode'],
    ['joined emoji and conjuncts', '👩‍💻 क्‍ष', '👩‍💻 क्‍ष'],
    ['markup, which the templates escape', '<b>&amp;', '<b>&amp;'],
  ])('keeps %s', (_what, text, shown) => {
    expect(displayText(text)).toBe(shown)
  })

  test.each([
    ['bidirectional overrides', 'evil\u202Egro.elgoog\u202C', 'evilgro.elgoog'],
    ['bidirectional isolates and marks', '\u2066a\u2069\u200Eb\u200Fc\u061C', 'abc'],
    ['zero-width characters', 'Goo\u200Bgle\uFEFF\u2060', 'Google'],
    ['letters that look like nothing', '\u3164\u115F\u00AD', ''],
    ['tag characters', 'a\u{E0041}b', 'ab'],
    ['private use characters', 'a\uE000b', 'ab'],
  ])('drops %s', (_what, text, shown) => {
    expect(displayText(text)).toBe(shown)
  })

  test('E6: makes line breaks and control characters one space', () => {
    expect(displayText(' a\r\nb\u0000\u0007c\u2028d\te ')).toBe('a b c d e')
  })

  test('stops towers of accents', () => {
    expect(displayText(`a${'\u0323'.repeat(60)}b`).length).toBeLessThan(8)
  })

  test('security H1: a tower of accents costs at most ten times as much as plain text', async () => {
    const { ratio } = await costRatio(
      {
        plain: async () => displayText(plainText(4000), 500),
        costly: async () => displayText(costlyText('marks that must be sorted', 8000), 500),
      },
      10,
    )
    expect(ratio).toBeLessThan(10)
  })

  test('cuts at whole characters and says so', () => {
    expect(displayText('🚀'.repeat(100), 10)).toBe(`${'🚀'.repeat(9)}…`)
    expect(displayText('x'.repeat(100_000))).toBe(`${'x'.repeat(79)}…`)
    expect(displayText('x'.repeat(80))).toBe('x'.repeat(80))
  })

  test('gives one well-formed short line whatever it is given', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 2000 })
    fc.assert(
      fc.property(anything, (text) => {
        const shown = displayText(text, 40)
        expect([...shown].length).toBeLessThanOrEqual(40)
        expect(shown.isWellFormed()).toBe(true)
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u)
      }),
    )
  })
})

describe('webLink', () => {
  test.each([
    ['https://ledgerly.example/privacy', 'https://ledgerly.example/privacy'],
    ['http://localhost:3000', 'http://localhost:3000/'],
  ])('keeps the web address %s', (uri, href) => {
    expect(webLink(uri)).toBe(href)
  })

  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//evil.example',
    '/relative',
    'https://bank.example@evil.example/',
    '',
    undefined,
  ])('refuses %j', (uri) => {
    expect(webLink(uri)).toBeUndefined()
  })
})
