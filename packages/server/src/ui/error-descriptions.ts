// Owns the words of refusals that apps are told: one catalogue per language, read from `error-descriptions/` at
// start. English is in protocol/reasons.ts. Knows nothing of pages.

import { readdirSync, readFileSync } from 'node:fs'
import type { ErrorDescription, OAuthError } from '../protocol/errors.ts'
import type { Reason } from '../protocol/reasons.ts'
import { chooseLanguage } from './language.ts'

type Descriptions = Readonly<Partial<Record<Reason, string>>>

const FOLDER = new URL('./error-descriptions/', import.meta.url)

/** Language -> its catalogue. */
export const DESCRIPTIONS: ReadonlyMap<string, Descriptions> = new Map(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [file.slice(0, -'.json'.length), readDescriptions(file)]),
)

const LANGUAGES = ['en', ...DESCRIPTIONS.keys()]

function readDescriptions(file: string): Descriptions {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))
}

/** In the language of the reader. */
export function describeError(
  error: OAuthError,
  reader: { readonly uiLocales: string | undefined; readonly acceptLanguage: string | undefined },
): ErrorDescription {
  const language = chooseLanguage({ ...reader, cookie: undefined }, LANGUAGES)
  const sentence = DESCRIPTIONS.get(language)?.[error.reason]
  if (sentence === undefined) return { text: error.description, language: 'en' }
  return { text: error.nameParameter(sentence), language }
}

/** RFC 6749 §5.2 allows nothing but ASCII. */
export function describeErrorInEnglish({ description }: OAuthError): ErrorDescription {
  return { text: description, language: undefined }
}
