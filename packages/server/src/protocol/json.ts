// JSON from strangers: one meaning only. No member is given twice, no object has a prototype, nothing is deep or long.

import { OAuthError } from './errors.ts'
import { checkLength, isKnownParameter } from './lengths.ts'
import { MAX_PARAMETERS, type Params } from './params.ts'

const MAX_DEPTH = 8

/** @throws OAuthError json_invalid, parameter_repeated, parameter_too_long, too_many_parameters */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text, withoutPrototype)
  } catch (cause) {
    if (cause instanceof OAuthError) throw cause
    throw new OAuthError('json_invalid', { cause })
  }
  refuseRepeatedMembers(text)
  return value
}

function withoutPrototype(name: string, value: unknown): unknown {
  checkLength(name, typeof value === 'string' ? value : '')
  checkText(name)
  if (typeof value === 'string') return checkText(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.setPrototypeOf(value, null)
}

function checkText(text: string): string {
  // No database takes a NUL in a text, and half a character is none.
  if (text.includes('\0') || !text.isWellFormed()) throw new OAuthError('json_invalid')
  return text
}

/** Strings, and the characters around which the structure of a JSON text turns. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs

/**
 * RFC 8259 §4 leaves open what a name given twice means, and two readers may not agree. The text is known to be JSON,
 * so a string before a colon is a name.
 */
function refuseRepeatedMembers(text: string): void {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') addMember(open.at(-1), JSON.parse(last))
    if (open.length > MAX_DEPTH) throw new OAuthError('json_invalid')
    last = token
  }
}

function addMember(members: Set<string> | undefined, name: string): void {
  if (members?.has(name)) throw new OAuthError('parameter_repeated')
  members?.add(name)
  if ((members?.size ?? 0) > MAX_PARAMETERS) throw new OAuthError('too_many_parameters')
}

/**
 * Parameters as the members of one JSON object. An empty string and null count as left out, as in a form. Old systems
 * have ids that are numbers, and send them as such.
 * @throws OAuthError json_invalid, when it is no object, or a parameter that has a meaning is no text
 */
export function readJsonParams(value: unknown): Params {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OAuthError('json_invalid')
  }
  const params = new Map<string, string[]>()
  for (const [name, member] of Object.entries(value)) {
    const text = textOf(member)
    // RFC 6749 §3.2: what is not understood is ignored, whatever it is.
    if (text === undefined && isKnownParameter(name)) {
      throw new OAuthError('json_invalid', { parameter: name })
    }
    if (text) params.set(name, [text])
  }
  return params
}

/** @returns undefined for what has no text that everybody would write alike */
function textOf(member: unknown): string | undefined {
  if (member === null) return ''
  if (typeof member === 'number' && Number.isSafeInteger(member)) return String(member)
  return typeof member === 'string' ? member : undefined
}
