// The one request of the contract `crm-com`, from JSON to what it means. An object, a string or nothing: `null` and
// an empty string count as left out, for that is how many clients write a field that they do not use.

import { OAuthError } from '../protocol/errors.ts'
import type { KeyExchange, PresentedIdentifier } from '../protocol/key-exchange.ts'
import type { KeyExchangeInput } from './contract.ts'

/** There a key is mandatory, and no JWT of an identity system is understood. */
const RELEASES_WITH_KEY_ALONE: readonly (string | undefined)[] = ['R15.0.0']

export function hasRequestsWithoutKey(release: string | undefined): boolean {
  return !RELEASES_WITH_KEY_ALONE.includes(release)
}

/** @throws OAuthError invalid_request, application_key_missing */
export function readCrmComExchange(input: KeyExchangeInput): KeyExchange {
  const { json, key, release, codeWithoutKey } = input
  if (!isObject(json)) throw new OAuthError('json_invalid')
  const body = knownFields(json, ['access_token_identifier', 'jwt', 'organisation', 'unit'])
  const identifier = readIdentifier(body.access_token_identifier)
  const jwt = readText(body, 'jwt')
  const organisation = readText(body, 'organisation')
  const rest = { unit: readText(body, 'unit'), scopes: undefined, resources: [] }
  if (jwt === undefined) {
    if (identifier === undefined) throw missing('access_token_identifier')
    if (key !== undefined) return { kind: 'key', key, consumer: identifier, organisation, ...rest }
    if (!codeWithoutKey || identifier.kind !== 'authentication_code') {
      throw new OAuthError('application_key_missing')
    }
    return { kind: 'code', code: identifier.code, organisation, ...rest }
  }
  if (!hasRequestsWithoutKey(release)) {
    throw new OAuthError('parameter_unknown', { parameter: 'jwt' })
  }
  // What stands for the consumer is the JWT alone.
  if (identifier !== undefined) throw contradictory('access_token_identifier')
  if (key !== undefined) throw contradictory('Authorization')
  if (organisation === undefined) throw missing('organisation')
  return { kind: 'identity', jwt, organisation, ...rest }
}

function readIdentifier(value: unknown): PresentedIdentifier | undefined {
  if (isLeftOut(value)) return undefined
  if (!isObject(value)) throw malformed('access_token_identifier')
  const fields = knownFields(value, ['authentication_code', 'identifier', 'pass_code'])
  const code = readText(fields, 'authentication_code')
  const identifier = readText(fields, 'identifier')
  const passCode = readText(fields, 'pass_code')
  if (code !== undefined) {
    if (identifier !== undefined) throw contradictory('identifier')
    if (passCode !== undefined) throw contradictory('pass_code')
    return { kind: 'authentication_code', code }
  }
  if (identifier === undefined) throw missing('identifier')
  if (passCode === undefined) throw missing('pass_code')
  return { kind: 'identifier', identifier, passCode }
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function knownFields(value: object, known: readonly string[]): Fields {
  const names = Object.keys(value)
  if (!names.every((name) => known.includes(name))) throw new OAuthError('parameter_unknown')
  return { ...value }
}

function readText(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (isLeftOut(value)) return undefined
  if (typeof value === 'string') return value
  throw malformed(name)
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function malformed(parameter: string): OAuthError {
  return new OAuthError('parameter_malformed', { parameter })
}

function missing(parameter: string): OAuthError {
  return new OAuthError('parameter_missing', { parameter })
}

function contradictory(parameter: string): OAuthError {
  return new OAuthError('exchange_contradictory', { parameter })
}
