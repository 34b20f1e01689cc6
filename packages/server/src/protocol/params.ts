// Request parameters after the transport is gone: each name at most once, no prototype, bounded.

import { OAuthError } from './errors.ts'
import { checkLength } from './lengths.ts'

/** Parameter name -> its values. Only names listed as repeatable can have more than one. */
export type Params = ReadonlyMap<string, readonly string[]>

export const MAX_PARAMETERS = 100

/** RFC 8707 §2: `resource` is the one parameter of the token and authorization endpoints that may repeat. */
const REPEATABLE = new Set(['resource'])

/**
 * Reads `application/x-www-form-urlencoded` text, or the query part of a URL.
 * RFC 6749 §3.1: a parameter without a value counts as left out, and none may be repeated.
 * @throws OAuthError encoding_invalid, parameter_repeated, parameter_too_long, too_many_parameters
 */
export function parseForm(text: string, repeatable: ReadonlySet<string> = REPEATABLE): Params {
  // Empty pairs count too: what lies behind the limit must not go unread.
  const pairs = text.split('&', MAX_PARAMETERS + 1)
  if (pairs.length > MAX_PARAMETERS) throw new OAuthError('too_many_parameters')
  const params = new Map<string, string[]>()
  for (const pair of pairs.filter((text) => text !== '')) {
    const [name, value] = parsePair(pair)
    const values = params.get(name)
    if (values && !repeatable.has(name)) throw new OAuthError('parameter_repeated')
    if (!values) params.set(name, value === '' ? [] : [value])
    else if (value !== '') values.push(value)
  }
  for (const [name, values] of params) if (values.length === 0) params.delete(name)
  return params
}

function parsePair(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=')
  const name = decode(at === -1 ? pair : pair.slice(0, at))
  const value = at === -1 ? '' : decode(pair.slice(at + 1))
  checkLength(name, value)
  return [name, value]
}

function decode(text: string): string {
  let decoded = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (decoded.includes('%')) {
    try {
      decoded = decodeURIComponent(decoded)
    } catch (cause) {
      throw new OAuthError('encoding_invalid', { cause })
    }
  }
  if (decoded.includes('\0') || !decoded.isWellFormed()) throw new OAuthError('encoding_invalid')
  return decoded
}

/** The value of an OPTIONAL parameter. */
export function optional(params: Params, name: string): string | undefined {
  return params.get(name)?.[0]
}

/** The value of a REQUIRED parameter. @throws OAuthError parameter_missing */
export function required(params: Params, name: string): string {
  const value = params.get(name)?.[0]
  if (value === undefined) throw new OAuthError('parameter_missing', { parameter: name })
  return value
}

/** All values of a repeatable parameter. */
export function list(params: Params, name: string): readonly string[] {
  return params.get(name) ?? []
}

/** The same parameters as form text: what a page carries along to come back to this request. */
export function formatForm(params: Params): string {
  const form = new URLSearchParams()
  for (const [name, values] of params) for (const value of values) form.append(name, value)
  return form.toString()
}
