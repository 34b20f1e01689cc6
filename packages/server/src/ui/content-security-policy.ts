// The Content-Security-Policy of a page: nothing but our own files, no inline code, no frames.

/** A source as CSP 3 §2.3.1 writes it: a scheme, or an origin. Anything else could end the directive and start another. */
const SCHEME_SOURCE = /^[a-z][a-z0-9+.-]*:$/
const HOST_SOURCE = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+(:\d{1,5})?$/
/** CSP has no syntax for IPv6 addresses: the scheme is the narrowest source that covers one. */
const IPV6_SOURCE = /^(https?:)\/\/\[[0-9a-f:.]+\](:\d{1,5})?$/

export interface PolicyInput {
  readonly hasScript: boolean
  /** Where a form may lead, redirects included, besides our own origin. */
  readonly formAction: string | undefined
}

export function contentSecurityPolicy({ hasScript, formAction }: PolicyInput): string {
  return [
    `default-src 'none'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `script-src ${hasScript ? `'self'` : `'none'`}`,
    `connect-src 'none'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
    ['form-action', `'self'`, ...usableSource(formAction)].join(' '),
  ].join('; ')
}

/** An unusable source is left out: then a form does not arrive, which is seen, and the policy stays whole. */
function usableSource(source: string | undefined): string[] {
  if (source === undefined) return []
  if (SCHEME_SOURCE.test(source) || HOST_SOURCE.test(source)) return [source]
  const scheme = IPV6_SOURCE.exec(source)?.[1]
  return scheme === undefined ? [] : [scheme]
}
