import { describe, expect, test } from 'vitest'
import { OAuthError } from '../protocol/errors.ts'
import { REASONS, type Reason } from '../protocol/reasons.ts'
import { DESCRIPTIONS, describeError, describeErrorInEnglish } from './error-descriptions.ts'
import { LANGUAGES } from './words.ts'

const REASON_NAMES = Object.keys(REASONS) as Reason[]

/** What a developer types or reads as it stands, whatever language the sentence is in. */
const VERBATIM =
  /\b(?:[a-z]+_[a-z_]+|application\/[\w-]+|[A-Z]+-?\d+|https|JSON|PKCE|POST|URI|URL)\b/g

test('errors speak the languages that pages speak', () => {
  expect(['en', ...DESCRIPTIONS.keys()].sort()).toEqual([...LANGUAGES].sort())
})

describe.each([...DESCRIPTIONS])('the descriptions in %s', (_language, catalogue) => {
  test('are there for every reason, and for nothing else', () => {
    expect(Object.keys(catalogue).sort()).toEqual(REASON_NAMES.toSorted())
  })

  test('are translated sentences that keep the names in them', () => {
    for (const reason of REASON_NAMES) {
      const { description } = REASONS[reason]
      const text = catalogue[reason] ?? ''
      expect(text, reason).toMatch(/^\p{Lu}.*\.$/u)
      expect(text, reason).not.toBe(description)
      for (const name of description.match(VERBATIM) ?? []) expect(text, reason).toContain(name)
    }
  })

  test('B8: tell no reasons apart that English does not', () => {
    for (const alike of Map.groupBy(REASON_NAMES, (reason) => REASONS[reason].description).values())
      expect([...new Set(alike.map((reason) => catalogue[reason]))]).toHaveLength(1)
  })
})

describe('describeError', () => {
  const missing = new OAuthError('parameter_missing', { parameter: 'code' })
  const describeFor = (acceptLanguage?: string, uiLocales?: string) =>
    describeError(missing, { acceptLanguage, uiLocales })

  test.each([
    [undefined, undefined, 'A required parameter is missing. (code)', 'en'],
    ['de', undefined, 'Ein erforderlicher Parameter fehlt. (code)', 'de'],
    ['en;q=0.5, fr;q=0.9', undefined, 'Un paramètre obligatoire manque. (code)', 'fr'],
    ['fr', 'tlh nl-BE', 'Een verplichte parameter ontbreekt. (code)', 'nl'],
    ['el-GR', 'tlh', 'Λείπει μια απαιτούμενη παράμετρος. (code)', 'el'],
    ['tlh, fr;q=0', undefined, 'A required parameter is missing. (code)', 'en'],
  ])(
    'RFC 9110 §12.5.4, OIDC Core §3.1.2.1: for Accept-Language %j and ui_locales %j says "%s"',
    (acceptLanguage, uiLocales, text, language) => {
      expect(describeFor(acceptLanguage, uiLocales)).toEqual({ text, language })
    },
  )

  test('names no parameter where none is to blame', () => {
    const reader = { acceptLanguage: 'fr', uiLocales: undefined }
    expect(describeError(new OAuthError('scope_malformed'), reader).text).toBe(
      'Le scope est mal formé.',
    )
  })

  test('RFC 6749 §5.2: speaks English to everybody where the contract says so', () => {
    expect(describeErrorInEnglish(missing)).toEqual({
      text: 'A required parameter is missing. (code)',
      language: undefined,
    })
  })
})
