// Owns the words of the pages: one catalogue of ICU messages per language, read from `locales/` at start, so that
// another language is one more file there. Knows nothing of pages.

import { readdirSync, readFileSync } from 'node:fs'
import { html } from 'ghtml'
import { IntlMessageFormat } from 'intl-messageformat'
import type { LocalisedText } from '../protocol/tenant.ts'
import { matchLanguage, textDirection } from './language.ts'
import english from './locales/en.json' with { type: 'json' }

/** English is complete by definition: a key that it lacks does not compile. */
export type MessageKey = keyof typeof english
type MessageValues = Readonly<Record<string, string | number>>

export interface Words {
  readonly language: string
  readonly direction: 'ltr' | 'rtl'
  /** Plain text: the template that shows it escapes it. */
  text(key: MessageKey, values?: MessageValues): string
  /** HTML: values are escaped and isolated from the direction of the sentence, `<strong>` is kept. */
  markup(key: MessageKey, values?: MessageValues): string
  /** "5 minutes": the largest unit that fits, rounded up. */
  duration(seconds: number): string
  /** "21 Nov 2026, 12:02 UTC" */
  moment(seconds: number): string
  /** The text in this language, else in English. */
  pick(text: LocalisedText): string
}

const LOCALES = new URL('./locales/', import.meta.url)

export const LANGUAGES: readonly string[] = readdirSync(LOCALES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length))

export function readCatalogue(language: string): Record<string, string> {
  return JSON.parse(readFileSync(new URL(`${language}.json`, LOCALES), 'utf8'))
}

const WORDS = new Map(LANGUAGES.map((language) => [language, loadWords(language)]))

/** @throws Error when no catalogue has this name: choose with `chooseLanguage` first. */
export function wordsIn(language: string): Words {
  const words = WORDS.get(language)
  if (!words) throw new Error(`There is no catalogue locales/${language}.json.`)
  return words
}

function loadWords(language: string): Words {
  const catalogue = readCatalogue(language)
  const compiled = new Map<MessageKey, IntlMessageFormat>()

  function message(key: MessageKey): IntlMessageFormat {
    const known = compiled.get(key)
    if (known) return known
    const text = catalogue[key]
    if (text === undefined) throw new Error(`locales/${language}.json lacks the message ${key}.`)
    const fresh = new IntlMessageFormat(text, language)
    compiled.set(key, fresh)
    return fresh
  }

  return {
    language,
    direction: textDirection(language),
    text: (key, values) => String(message(key).format(values)),
    markup: (key, values = {}) => String(message(key).format({ ...isolate(values), strong })),
    duration: (seconds) => formatDuration(language, seconds),
    moment: (seconds) => formatMoment(language, seconds),
    pick: (text) => text[matchLanguage([language], Object.keys(text))] ?? '',
  }
}

function isolate(values: MessageValues): MessageValues {
  const escaped = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? html`<bdi>${value}</bdi>` : value,
  ])
  return Object.fromEntries(escaped)
}

const strong = (chunks: unknown[]) => `<strong>${chunks.join('')}</strong>`

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

function formatDuration(language: string, seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3]
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.ceil(seconds / size))
}

function formatMoment(language: string, seconds: number): string {
  const format = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: 'UTC',
    timeZoneName: 'short',
  })
  return format.format(seconds * 1000)
}
