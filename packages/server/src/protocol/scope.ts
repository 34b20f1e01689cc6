// Scope strings (RFC 6749 §3.3).

import { OAuthError } from './errors.ts'

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]{1,128}$/

/** Space-separated text -> scopes in the order given, without repeats. @throws OAuthError scope_malformed */
export function parseScope(text: string): string[] {
  const scopes = new Set<string>()
  for (const scope of text.split(' ')) {
    if (scope === '') continue
    if (!SCOPE_TOKEN.test(scope)) throw new OAuthError('scope_malformed')
    scopes.add(scope)
  }
  return [...scopes]
}

/** The scopes that a request names; undefined when it leaves them to us. @throws OAuthError scope_malformed */
export function parseRequestedScope(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined
  const scopes = parseScope(text)
  // RFC 6749 §3.3: at least one; spaces alone are no way to ask for a token without any.
  if (scopes.length === 0) throw new OAuthError('scope_malformed')
  return scopes
}

export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ')
}

export function isValidScopeName(name: string): boolean {
  return SCOPE_TOKEN.test(name)
}

/** Neither has a scope twice. */
export function sameScopes(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && covers(one, other)
}

/** Whether every one of `asked` is among `allowed`. */
export function covers(allowed: readonly string[], asked: readonly string[]): boolean {
  return asked.every((scope) => allowed.includes(scope))
}
