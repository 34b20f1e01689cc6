// Reading single claims of a JWT or of an introspection answer. A claim of another type than its own is refused.

import { TokenError } from './token-error.ts'

export type Claims = Readonly<Record<string, unknown>>

/** @throws TokenError claims_invalid, here and below */
export function readText(claims: Claims, name: string): string {
  return readOptionalText(claims, name) ?? missing(name)
}

export function readOptionalText(claims: Claims, name: string): string | undefined {
  const value = claims[name]
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value || undefined : malformed(name)
}

export function readTexts(claims: Claims, name: string): readonly string[] {
  const value = claims[name]
  if (value === undefined || value === null) missing(name)
  const values = [value].flat()
  return values.every((each) => typeof each === 'string') ? values : malformed(name)
}

/** A time as RFC 7519 §2 writes it: a number of seconds. */
export function readTime(claims: Claims, name: string): number {
  return readOptionalTime(claims, name) ?? missing(name)
}

export function readOptionalTime(claims: Claims, name: string): number | undefined {
  const value = claims[name]
  if (value === undefined || value === null) return undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : malformed(name)
}

function missing(name: string): never {
  throw new TokenError('claims_invalid', { detail: `the claim ${name} is missing` })
}

export function malformed(name: string): never {
  throw new TokenError('claims_invalid', { detail: `the claim ${name} is malformed` })
}
