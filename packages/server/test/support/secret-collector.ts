// Notes every secret that crosses the wire while a test runs, in whichever direction, so that a test can prove that
// none of them turned up elsewhere.

import { parse } from 'node-html-parser'
import { vi } from 'vitest'

/** Kind of secret, by the name it has on the wire -> its values. */
export type Secrets = ReadonlyMap<string, ReadonlySet<string>>

const SECRET_FIELDS = new Set([
  'password',
  'client_secret',
  'code',
  'code_verifier',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'id_token_hint',
  'interaction',
  'state',
])
/** Shorter ones turn up in a log by chance. */
const MIN_LENGTH = 8

/** Listens to every `fetch` until it is stopped. */
export function collectSecrets(): { secrets: Secrets; stop(): void } {
  const secrets = new Map<string, Set<string>>()
  const note = (kind: string, value: string | undefined) => {
    if (value === undefined || value.length < MIN_LENGTH) return
    secrets.set(kind, (secrets.get(kind) ?? new Set()).add(value))
  }
  const noteFields = (fields: Iterable<[string, unknown]>) => {
    for (const [name, value] of fields) {
      if (SECRET_FIELDS.has(name) && typeof value === 'string') note(name, value)
    }
  }
  const realFetch = globalThis.fetch
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    noteFields(new URL(String(input)).searchParams)
    if (typeof init?.body === 'string') noteFields(new URLSearchParams(init.body))
    const authorization = new Headers(init?.headers).get('authorization') ?? ''
    note('authorization', authorization.split(' ')[1])
    const response = await realFetch(input, init)
    for (const [kind, value] of secretsIn(response.headers)) note(kind, value)
    noteFields(fieldsOf(await response.clone().text()))
    return response
  })
  return { secrets, stop: () => spy.mockRestore() }
}

function secretsIn(headers: Headers): [kind: string, value: string][] {
  const location = headers.get('location')
  const fields = location === null ? [] : [...new URL(location).searchParams]
  const cookies = headers.getSetCookie().map((line): [string, string] => {
    const [, value = ''] = /^[^=]+=([^;]*)/.exec(line) ?? []
    return ['cookie', value]
  })
  return [...fields.filter(([name]) => SECRET_FIELDS.has(name)), ...cookies]
}

/** Of a JSON object, or of the forms on a page. */
function fieldsOf(text: string): [string, unknown][] {
  if (text.startsWith('{')) return Object.entries(JSON.parse(text))
  return parse(text)
    .querySelectorAll('input[name]')
    .map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value')])
}
