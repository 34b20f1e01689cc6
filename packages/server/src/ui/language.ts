// Decides in which language a page speaks. Knows the catalogues only by their names.

import { match } from '@formatjs/intl-localematcher'

const DEFAULT_LANGUAGE = 'en'
/** More wishes than any browser sends; keeps the work small. */
const MAX_WISHES = 20
const RIGHT_TO_LEFT_SCRIPTS = new Set([
  'Adlm',
  'Arab',
  'Hebr',
  'Mand',
  'Nkoo',
  'Rohg',
  'Syrc',
  'Thaa',
])

interface LanguageWishes {
  /** OIDC Core §3.1.2.1: space-separated tags, best first. */
  readonly uiLocales: string | undefined
  readonly cookie: string | undefined
  readonly acceptLanguage: string | undefined
}

/** The available language that suits best: request, then the person's setting, then the browser's, then English. */
export function chooseLanguage(wishes: LanguageWishes, available: readonly string[]): string {
  const wanted = [
    ...(wishes.uiLocales?.split(' ', MAX_WISHES) ?? []),
    wishes.cookie ?? '',
    ...acceptedLanguages(wishes.acceptLanguage ?? ''),
  ]
  return matchLanguage(wanted, available)
}

/**
 * The first wish that is available, as such or without its region (RFC 4647 §3.4); else English. The library's
 * other algorithm remembers every tag that it ever saw, and here strangers choose the tags.
 */
export function matchLanguage(wanted: readonly string[], available: readonly string[]): string {
  const tags = wanted.filter(isLanguageTag).slice(0, MAX_WISHES)
  return match(tags, available, DEFAULT_LANGUAGE, { algorithm: 'lookup' })
}

export function textDirection(language: string): 'ltr' | 'rtl' {
  const { script } = new Intl.Locale(language).maximize()
  return script !== undefined && RIGHT_TO_LEFT_SCRIPTS.has(script) ? 'rtl' : 'ltr'
}

/** RFC 9110 §12.5.4: tags by falling weight; a weight of 0 means "not acceptable". */
function acceptedLanguages(header: string): string[] {
  return header
    .split(',', MAX_WISHES)
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
      return { tag, weight: weightOf(parameters) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2)
  if (weight === undefined) return 1
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0
}

function isLanguageTag(text: string): boolean {
  if (text === '' || text.length > 35) return false
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}
