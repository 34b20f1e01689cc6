// Legacy allowances: what a wire contract may permit although RFC 9700 forbids it. Each is declared by the contract
// and switched on for single apps, with an owner, a reason and an end date.

export const ALLOWANCES = {
  implicit: 'the implicit grant: access tokens in redirect URIs (RFC 9700 §2.1.2)',
  password: 'the password grant: apps that see passwords (RFC 9700 §2.4)',
  'pkce-plain':
    'PKCE with the method plain: a request that leaks gives its code away (RFC 9700 §2.1.1)',
  'without-pkce':
    'codes without PKCE for an app with a secret: one that is injected is not noticed (RFC 9700 §2.1.1)',
  'public-without-pkce':
    'codes without PKCE for an app without a secret: whoever gets hold of one redeems it (RFC 9700 §2.1.1)',
  'query-parameters': 'secrets and codes in URLs, which logs and histories keep (RFC 6749 §2.3.1)',
  'http-redirect-uri':
    'redirect URIs without TLS: codes cross the network in the clear (RFC 9700 §2.6)',
  'private-scheme':
    'redirect URIs with a scheme that holds no domain: any other app on the device can claim it, and gets the codes (RFC 8252 §8.6)',
  'many-redirect-uris':
    'more than 50 redirect URIs, up to 500: each is one more way for a code to get out',
  'long-access-token': 'access tokens that live longer than an hour',
} as const

export type Allowance = keyof typeof ALLOWANCES

/** Requests for scopes that exist nowhere, which OpenID Connect has ignored: its developers should know. */
export const IGNORED_SCOPES = 'ignored-scopes'

/** What is counted of an app, by day: the use of an allowance, or what was passed over. */
export type CountedUse = Allowance | typeof IGNORED_SCOPES

export const ALLOWANCE_NAMES = Object.keys(ALLOWANCES) as readonly Allowance[]

/** Whether it is declared where the app is, and the app has it: at its registration, an end is not looked at. */
export function isAllowed(
  name: Allowance,
  {
    allowances = [],
  }: { readonly allowances?: readonly { readonly name: Allowance }[] | undefined },
  declared: { readonly allowances: Readonly<Partial<Record<Allowance, unknown>>> },
): boolean {
  const isDeclared = declared.allowances[name] !== undefined
  return isDeclared && allowances.some((allowance) => allowance.name === name)
}

/** The longest that an access token lives without the allowance `long-access-token`. */
export const LONGEST_ACCESS_TOKEN_SECONDS = 3600
