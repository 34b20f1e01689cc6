// Redirect URIs: what may be registered, and what equals a registered one.

declare const verified: unique symbol

/** A redirect URI that was compared with the client's registered ones. Nothing else can be redirected to. */
export type VerifiedRedirectUri = string & { readonly [verified]: true }

export type RedirectUriProblem =
  | 'not_absolute'
  | 'has_fragment'
  | 'has_userinfo'
  | 'has_unsafe_characters'
  | 'http_not_loopback'
  | 'scheme_not_allowed'
  | 'scheme_without_domain'
  | 'too_long'

export const MAX_REDIRECT_URI_LENGTH = 2048
/** As many as an app has without anybody being asked for more. */
export const USUAL_REDIRECT_URIS = 50
const LOOPBACK_HOSTS = new Set(['127.0.0.1', '[::1]', 'localhost'])
/**
 * RFC 8252 §8.4: the port of a loopback IP literal is chosen by the app when it starts. Native apps in the field say
 * `localhost` for it; where that name leads is up to the device, and so is what another app there could take.
 */
const LOOPBACK_ORIGIN = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::(\d{1,5}))?(?=[/?]|$)/
const WITHOUT_PATH = /^(https?:\/\/[^/?#]+)(?=\?|$)/
/** RFC 3986 §3.2: the host follows two slashes. Parsers of browsers take `https:host` too, and not all for the same. */
const WEB_ADDRESS = /^https?:\/\/[^/]/i
const USERINFO = /^[a-z0-9+.-]+:\/\/[^/?]*@/i
/** RFC 8252 §7.1: a private-use scheme is a reversed domain name, so it holds a dot. */
const PRIVATE_USE_SCHEME = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/
/** Apps in the field have them without a domain, too. What follows is a path, as for every other redirect URI. */
const SCHEME_WITHOUT_DOMAIN = /^([a-z][a-z0-9+-]+):\//i
/** What browsers and devices open by themselves: there is no app that it could be the scheme of, and some run scripts. */
const SCHEMES_OF_THE_SYSTEM = new Set(
  (
    'about blob chrome content data facetime feed file filesystem ftp ftps geo http https intent jar javascript ' +
    'ldap ldaps mailto market moz-extension chrome-extension ms-appx resource sftp sms smb ssh tel telnet urn ' +
    'vbscript view-source ws wss'
  ).split(' '),
)

/** What forbids a redirect URI from being registered, or undefined when nothing does (RFC 6749 §3.1.2, RFC 9700 §2.6). */
export function redirectUriProblem(uri: string): RedirectUriProblem | undefined {
  if (uri.length > MAX_REDIRECT_URI_LENGTH) return 'too_long'
  if (!/^[\x21-\x7E]+$/.test(uri) || /["<>\\^`{|}]/.test(uri)) return 'has_unsafe_characters'
  if (uri.includes('#')) return 'has_fragment'
  if (!URL.canParse(uri)) return 'not_absolute'
  if (USERINFO.test(uri)) return 'has_userinfo'
  const { protocol, hostname } = new URL(uri)
  if (!isWebProtocol(protocol)) {
    return PRIVATE_USE_SCHEME.test(protocol) ? undefined : schemeProblem(uri)
  }
  if (!WEB_ADDRESS.test(uri)) return 'not_absolute'
  return protocol === 'https:' || LOOPBACK_HOSTS.has(hostname) ? undefined : 'http_not_loopback'
}

function schemeProblem(uri: string): RedirectUriProblem {
  const [, scheme] = SCHEME_WITHOUT_DOMAIN.exec(uri) ?? []
  if (scheme === undefined || SCHEMES_OF_THE_SYSTEM.has(scheme.toLowerCase())) {
    return 'scheme_not_allowed'
  }
  return 'scheme_without_domain'
}

/** Whether any app on the device can claim the scheme: a domain in it would say whose it is (RFC 8252 §7.1). */
export function hasSchemeWithoutDomain(uri: string): boolean {
  const { protocol } = new URL(uri)
  return !isWebProtocol(protocol) && !PRIVATE_USE_SCHEME.test(protocol)
}

/** What is legal and never what a developer means. */
export type SelfServiceUriProblem = 'wildcard_host' | 'own_origin' | 'not_usual_form'

/**
 * What forbids a redirect URI from being registered without an operator who knows better. It has passed
 * {@link redirectUriProblem}.
 */
export function selfServiceUriProblem(
  uri: string,
  issuer: string,
): SelfServiceUriProblem | undefined {
  const { hostname, origin } = new URL(uri)
  // Comparison is by character, so a wildcard matches no host that there is.
  if (hostname.includes('*')) return 'wildcard_host'
  // A form of ours that posts there would pass for one that a page of ours has sent (RFC 9700 §4.7).
  if (origin === new URL(issuer).origin) return 'own_origin'
  return usualForm(uri) === uri ? undefined : 'not_usual_form'
}

/**
 * The form in which browsers and libraries send a URI: lower-case scheme and host, no default port, no dot segments
 * (RFC 3986 §6.2.2). One registered in another form is never matched by what an app sends. An absent path may stay.
 */
export function usualForm(uri: string): string {
  const { href } = new URL(uri)
  return `${uri}/` === href ? uri : href
}

function isWebProtocol(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'http:'
}

/** What two redirect URIs may differ in. */
export interface RedirectComparison {
  /** The app is a native one that uses PKCE, and chooses the port of a loopback address when it starts (RFC 8252 §7.3). */
  readonly anyLoopbackPort: boolean
  /** RFC 3986 §6.2.3: no path at all is the same as `/`. */
  readonly emptyPathIsRoot: boolean
}

/** Finds `presented` among the registered URIs, character by character (RFC 9700 §4.1.3) but for what may differ. */
export function matchRedirectUri(
  registered: readonly string[],
  presented: string,
  { anyLoopbackPort, emptyPathIsRoot }: RedirectComparison,
): VerifiedRedirectUri | undefined {
  if (registered.includes(presented)) return presented as VerifiedRedirectUri
  const rooted = (uri: string) => (emptyPathIsRoot ? uri.replace(WITHOUT_PATH, '$1/') : uri)
  const comparable = (uri: string) =>
    anyLoopbackPort ? withoutLoopbackPort(rooted(uri)) : rooted(uri)
  const wanted = comparable(presented)
  return registered.some((uri) => comparable(uri) === wanted)
    ? (presented as VerifiedRedirectUri)
    : undefined
}

function withoutLoopbackPort(uri: string): string {
  const match = LOOPBACK_ORIGIN.exec(uri)
  if (!match || Number(match[2] ?? 80) > 65_535) return uri
  return match[1] + uri.slice(match[0].length)
}

/** Where a redirect URI first differs from the nearest registered one. */
export type RedirectDifference =
  | 'scheme'
  | 'host'
  | 'port'
  | 'trailing-slash'
  | 'case'
  | 'path'
  | 'query'

/** Names the first part in which `presented` differs from the nearest registered URI, for the developer's eyes. */
export function redirectDifference(
  registered: readonly string[],
  presented: string,
): RedirectDifference | undefined {
  if (!URL.canParse(presented)) return undefined
  const url = new URL(presented)
  const differences = new Set(registered.map((uri) => firstDifference(uri, presented, url)))
  // The later a difference comes, the nearer the two are.
  return NEARNESS.findLast((part) => differences.has(part))
}

const NEARNESS: readonly RedirectDifference[] = [
  'scheme',
  'host',
  'port',
  'path',
  'query',
  'case',
  'trailing-slash',
]

function firstDifference(registered: string, presented: string, b: URL): RedirectDifference {
  if (`${registered}/` === presented || `${presented}/` === registered) return 'trailing-slash'
  if (registered.toLowerCase() === presented.toLowerCase()) return 'case'
  const a = new URL(registered)
  if (a.protocol !== b.protocol) return 'scheme'
  if (a.hostname !== b.hostname) return 'host'
  if (a.port !== b.port) return 'port'
  return a.pathname === b.pathname ? 'query' : 'path'
}

/**
 * What a page may name as the place where the browser goes next: the host in ASCII. Of a private-use scheme
 * (RFC 8252 §7.1) only the scheme tells where it leads: behind it, anything may stand.
 */
export function displayHost(uri: string): string {
  const { origin, protocol, host } = new URL(uri)
  return origin === 'null' ? protocol : host
}

/** Whether the URI leads to an app on the device, which nobody can tell from another one there (RFC 8252 §8.6). */
export function isNativeRedirect(uri: string): boolean {
  return isLoopback(uri) || !isWebProtocol(new URL(uri).protocol)
}

/** The CSP source that lets a form end up at this URI: its origin, or its private scheme. */
export function formActionSource(uri: string): string {
  const url = new URL(uri)
  return url.origin === 'null' ? url.protocol : url.origin
}

/** Whether what is sent there crosses a network without TLS. */
export function crossesPlainHttp(uri: string): boolean {
  return new URL(uri).protocol === 'http:' && !isLoopback(uri)
}

export function isLoopback(uri: string): boolean {
  const url = new URL(uri)
  return url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname)
}
