// Where an app may be registered to send users: which URIs, and how many, as its contract and its allowances say.

import { type Allowance, isAllowed } from '../protocol/allowance.ts'
import type { FormProblemCode } from '../protocol/form-problem.ts'
import {
  MAX_REDIRECT_URI_LENGTH,
  type RedirectUriProblem,
  redirectUriProblem,
  USUAL_REDIRECT_URIS,
} from '../protocol/redirect-uri.ts'
import type { Tenant } from '../protocol/tenant.ts'
import { findRepeated } from './field-checks.ts'
import type { FieldProblem } from './operation.ts'

interface RedirectInput {
  readonly redirectUris?: readonly string[] | undefined
  readonly postLogoutRedirectUris?: readonly string[] | undefined
  readonly allowances?: readonly { readonly name: Allowance }[] | undefined
}

type RegistrationProblem = RedirectUriProblem | 'not_https'

/** With the allowance `many-redirect-uris`. They are no longer together than the usual number of the longest. */
const MOST_REDIRECT_URIS = 500
const MOST_CHARACTERS = USUAL_REDIRECT_URIS * MAX_REDIRECT_URI_LENGTH

const REDIRECT_REMEDIES: Record<RegistrationProblem, string> = {
  not_https: 'is not https: apps here take nothing else, on the device neither',
  not_absolute: 'is not an absolute URI: give it with scheme and host',
  has_fragment: 'has a fragment (#…): leave it out',
  has_userinfo: 'has a user name or password before the host: leave it out',
  has_unsafe_characters: 'has characters that URIs do not have: percent-encode them',
  http_not_loopback: 'is http: use https (http is only for 127.0.0.1, [::1] and localhost)',
  scheme_not_allowed:
    'has a scheme that is not allowed: use https, or your domain reversed, for example com.example.app:/callback',
  scheme_without_domain:
    'has a scheme that is not allowed: use https, or your domain reversed, for example com.example.app:/callback. An app in the field that cannot be changed needs the legacy allowance "private-scheme"',
  too_long: `is too long: use at most ${MAX_REDIRECT_URI_LENGTH} characters`,
}

export function checkRedirectUris(
  input: RedirectInput,
  { grantTypes, tenant }: { grantTypes: readonly string[]; tenant: Tenant },
): FieldProblem[] {
  const field = 'redirectUris'
  const uris = input.redirectUris ?? []
  const problems = [
    ...checkUris(field, uris, (uri) => redirectProblem(uri, input, tenant)),
    ...checkUris('postLogoutRedirectUris', input.postLogoutRedirectUris ?? [], (uri) =>
      unlessAllowed(redirectUriProblem(uri), ['private-scheme'], { input, tenant }),
    ),
    ...checkNumbers(input, tenant),
  ]
  const usesBrowser = grantTypes.some((n) => n === 'authorization_code' || n === 'implicit')
  if (usesBrowser && uris.length === 0) {
    const problem = 'is empty: authorization_code needs one to come back to'
    problems.push({ field, problem, code: 'empty' })
  }
  if (!usesBrowser && uris.length > 0) {
    problems.push({ field, problem: 'is for authorization_code only: add that grant or leave it' })
  }
  return problems
}

/** What the contract asks of redirect URIs besides: more, or less. */
function redirectProblem(
  uri: string,
  input: RedirectInput,
  tenant: Tenant,
): RegistrationProblem | undefined {
  const problem = redirectUriProblem(uri)
  const { httpsRedirectsOnly } = tenant.rules
  if (problem === undefined) {
    return httpsRedirectsOnly && !uri.startsWith('https:') ? 'not_https' : undefined
  }
  return unlessAllowed(problem, ['http-redirect-uri', 'private-scheme'], { input, tenant })
}

/** Which allowance makes good what is wrong with a URI. */
const REMEDIES = {
  'http-redirect-uri': 'http_not_loopback',
  'private-scheme': 'scheme_without_domain',
} as const

function unlessAllowed(
  problem: RedirectUriProblem | undefined,
  names: readonly (keyof typeof REMEDIES)[],
  { input, tenant }: { input: RedirectInput; tenant: Tenant },
): RedirectUriProblem | undefined {
  const isForgiven = names.some(
    (name) => REMEDIES[name] === problem && isAllowed(name, input, tenant.rules),
  )
  return isForgiven ? undefined : problem
}

function checkNumbers(input: RedirectInput, tenant: Tenant): FieldProblem[] {
  const isMore = isAllowed('many-redirect-uris', input, tenant.rules)
  const most = isMore ? MOST_REDIRECT_URIS : USUAL_REDIRECT_URIS
  return (['redirectUris', 'postLogoutRedirectUris'] as const).flatMap((field): FieldProblem[] => {
    const uris = input[field] ?? []
    const problem = numberProblem(uris, most)
    if (problem === undefined) return []
    return [{ field, problem, code: 'too_many', value: String(most) }]
  })
}

function numberProblem(uris: readonly string[], most: number): string | undefined {
  if (uris.length <= most) {
    const characters = uris.reduce((sum, uri) => sum + uri.length, 0)
    const problem = `has more than ${MOST_CHARACTERS} characters in all its entries together`
    return characters <= MOST_CHARACTERS ? undefined : problem
  }
  const problem = `has ${uris.length} entries, and may have ${most}`
  if (most === MOST_REDIRECT_URIS || uris.length > MOST_REDIRECT_URIS) return problem
  return `${problem}: an app in the field that needs more has the legacy allowance "many-redirect-uris"`
}

/** In the portal, where no allowance can be given, there is one word for each of these. */
function codeOf(problem: RegistrationProblem): FormProblemCode {
  if (problem === 'not_https') return 'http_not_loopback'
  return problem === 'scheme_without_domain' ? 'scheme_not_allowed' : problem
}

function checkUris(
  field: string,
  uris: readonly string[],
  problemOf: (uri: string) => RegistrationProblem | undefined,
): FieldProblem[] {
  // Far too many are not looked at one by one.
  if (uris.length > MOST_REDIRECT_URIS) return []
  const problems = uris.flatMap((uri): FieldProblem[] => {
    const problem = problemOf(uri)
    if (problem === undefined) return []
    return [
      {
        field,
        problem: `"${uri}" ${REDIRECT_REMEDIES[problem]}`,
        code: codeOf(problem),
        value: problem === 'too_long' ? String(MAX_REDIRECT_URI_LENGTH) : uri,
      },
    ]
  })
  const repeated = findRepeated(uris).map(
    (uri): FieldProblem => ({
      field,
      problem: `"${uri}" is given twice`,
      code: 'repeated',
      value: uri,
    }),
  )
  return [...problems, ...repeated]
}
