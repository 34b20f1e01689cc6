import { IntlMessageFormat } from 'intl-messageformat'
import { describe, expect, test } from 'vitest'
import { LANGUAGES, readCatalogue, wordsIn } from './words.ts'

const english = readCatalogue('en')

test('there are English, German, Dutch, French and Greek', () => {
  expect(LANGUAGES).toEqual(expect.arrayContaining(['en', 'de', 'nl', 'fr', 'el']))
})

describe.each(LANGUAGES)('the catalogue %s', (language) => {
  const catalogue = readCatalogue(language)

  test('has exactly the messages of English', () => {
    expect(Object.keys(catalogue).sort()).toEqual(Object.keys(english).sort())
  })

  test('has the same placeholders in each of them', () => {
    expect(placeholdersOf(catalogue, language)).toEqual(placeholdersOf(english, 'en'))
  })

  test('knows one from many', () => {
    const say = (count: number) => wordsIn(language).text('consent.scopes_known', { count })
    expect(say(1)).toContain('1')
    expect(say(3)).toContain('3')
    expect(say(3)).not.toBe(say(1).replace('1', '3'))
  })

  test('holds no markup besides <strong>', () => {
    const text = Object.values(catalogue).join('\n')
    expect(text.replace(/<\/?strong>/g, '')).not.toMatch(/[<>&"]/)
  })
})

function placeholdersOf(catalogue: Record<string, string>, language: string) {
  const entries = Object.entries(catalogue).map(([key, message]) => {
    expect(message).not.toBe('')
    return [key, placeholders(message, language)]
  })
  return Object.fromEntries(entries)
}

/** Names of arguments and tags of a message, branches of plurals included. */
function placeholders(message: string, language: string): string[] {
  const found = new Set<string>()
  JSON.stringify(new IntlMessageFormat(message, language).getAst(), (_key, node) => {
    const isNamed = typeof node?.value === 'string' && node.type !== 0
    if (isNamed) found.add(node.value)
    return node
  })
  return [...found].sort()
}

test('placeholders are found, in branches and around text too', () => {
  const message = '{count, plural, one {{app}} other {#}} <strong>{host}</strong>'
  expect(placeholders(message, 'en')).toEqual(['app', 'count', 'host', 'strong'])
})

describe('words', () => {
  const words = wordsIn('en')

  test('escape and isolate values in markup, and keep their own emphasis', () => {
    expect(words.markup('sign_in.lead', { app: '<img src=x>{b}</strong>' })).toBe(
      'to continue to <strong><bdi>&#60;img src&#61;x&#62;{b}&#60;/strong&#62;</bdi></strong>',
    )
  })

  test('leave values in plain text as they are', () => {
    expect(words.text('app.links', { app: '<b>{x}' })).toBe('About <b>{x}')
  })

  test('know one from many', () => {
    expect(words.text('consent.scopes_known', { count: 1 })).toMatch(/1 permission$/)
    expect(words.text('consent.scopes_known', { count: 3 })).toMatch(/3 permissions$/)
  })

  test.each([
    ['en', 180 * 86_400, '180 days'],
    ['en', 86_400, '1 day'],
    ['en', 3600, '1 hour'],
    ['en', 290, '5 minutes'],
    ['en', 40, '40 seconds'],
    ['en', 0, '0 seconds'],
    ['de', 180 * 86_400, '180 Tage'],
    ['de', 290, '5 Minuten'],
    ['nl', 3600, '1 uur'],
    ['fr', 180 * 86_400, '180\u00a0jours'],
    ['el', 3600, '1 ώρα'],
  ])('in %s call %d seconds "%s"', (language, seconds, shown) => {
    expect(wordsIn(language).duration(seconds)).toBe(shown)
  })

  test('pick the text of their language, else English, else nothing', () => {
    const german = wordsIn('de')
    expect(german.pick({ en: 'see', de: 'sehen' })).toBe('sehen')
    expect(german.pick({ en: 'see', fr: 'voir' })).toBe('see')
    expect(german.pick({ fr: 'voir' })).toBe('')
    expect(german.pick({ 'not a tag': 'x', en: 'see' })).toBe('see')
  })

  test('name the file that a language lacks', () => {
    expect(() => wordsIn('xx')).toThrow('locales/xx.json')
  })
})
