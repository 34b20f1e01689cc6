// Resource indicators (RFC 8707).

import { OAuthError } from './errors.ts'

const MAX_RESOURCES = 10

/** RFC 8707 §2: absolute URIs without fragment. @throws OAuthError resource_malformed */
export function parseResources(values: readonly string[]): string[] {
  if (values.length > MAX_RESOURCES) throw new OAuthError('resource_malformed')
  for (const value of values) {
    if (!URL.canParse(value) || value.includes('#')) throw new OAuthError('resource_malformed')
  }
  return [...new Set(values)]
}
