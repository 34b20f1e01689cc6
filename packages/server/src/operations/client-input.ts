// What an app may be registered with. Gathers everything that is wrong before it refuses.

import { type RedirectUriProblem, redirectUriProblem } from '../protocol/redirect-uri.ts'
import { findScope, isIdentityScope, type Tenant } from '../protocol/tenant.ts'
import type { ClientRecord } from '../store/records.ts'
import { checkHandle, checkName, checkWebAddress, findRepeated } from './field-checks.ts'
import type { FieldProblem } from './operation.ts'

export interface NewClient {
  readonly name: string
  readonly type: ClientRecord['type']
  /** Chosen by the operator, for an app that is in the field already; made when not given. */
  readonly id?: string | undefined
  readonly party?: ClientRecord['party'] | undefined
  readonly organisationId?: string | undefined
  readonly unitId?: string | undefined
  readonly redirectUris?: readonly string[] | undefined
  readonly postLogoutRedirectUris?: readonly string[] | undefined
  /** When not given: the code grant for apps with redirect URIs, client credentials for those without. */
  readonly grantTypes?: readonly string[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly defaultScopes?: readonly string[] | undefined
  readonly defaultAudience?: string | undefined
  /** Audience of the API whose own credentials these are. */
  readonly resourceServer?: string | undefined
  readonly requirePkce?: boolean | undefined
  readonly refreshPolicy?: ClientRecord['refreshPolicy'] | undefined
  readonly publisher?: string | undefined
  readonly homepage?: string | undefined
  readonly privacyUri?: string | undefined
  readonly termsUri?: string | undefined
}

/** A grant type of this server, as far as a registration concerns it. */
export interface RegistrableGrantType {
  readonly name: string
  readonly forPublicClients: boolean
}

const MAX_REDIRECT_URIS = 50

export function defaultGrantTypes(input: NewClient): readonly string[] {
  if (input.grantTypes) return input.grantTypes
  if (input.resourceServer !== undefined) return []
  const usesBrowser = input.type === 'public' || (input.redirectUris ?? []).length > 0
  return usesBrowser ? ['authorization_code', 'refresh_token'] : ['client_credentials']
}

export function checkNewClient(
  input: NewClient,
  tenant: Tenant,
  known: readonly RegistrableGrantType[],
): FieldProblem[] {
  const grantTypes = defaultGrantTypes(input)
  return [
    ...(input.id === undefined ? [] : checkHandle('id', input.id)),
    ...checkName('name', input.name),
    ...(input.publisher === undefined ? [] : checkName('publisher', input.publisher)),
    ...checkGrantTypes(input, grantTypes, known),
    ...checkRedirectUris(input, grantTypes),
    ...checkScopes(input, tenant),
    ...checkAudiences(input, tenant),
    ...(input.type === 'public' ? checkPublic(input) : []),
    ...checkWebAddress('homepage', input.homepage),
    ...checkWebAddress('privacyUri', input.privacyUri),
    ...checkWebAddress('termsUri', input.termsUri),
  ]
}

function checkGrantTypes(
  { type }: NewClient,
  grantTypes: readonly string[],
  known: readonly RegistrableGrantType[],
): FieldProblem[] {
  const field = 'grantTypes'
  const problems = grantTypes.flatMap((name) => {
    const grantType = known.find((candidate) => candidate.name === name)
    if (!grantType) {
      const names = known.map((candidate) => candidate.name).join(', ')
      return [{ field, problem: `"${name}" is not offered: choose among ${names}` }]
    }
    if (type === 'confidential' || grantType.forPublicClients) return []
    return [{ field, problem: `"${name}" is not for public apps: they have no secret` }]
  })
  if (grantTypes.includes('refresh_token') && !grantTypes.includes('authorization_code')) {
    problems.push({ field, problem: 'refresh_token needs authorization_code beside it' })
  }
  return problems
}

const REDIRECT_REMEDIES: Record<RedirectUriProblem, string> = {
  not_absolute: 'is not an absolute URI: give it with scheme and host',
  has_fragment: 'has a fragment (#…): leave it out',
  has_userinfo: 'has a user name or password before the host: leave it out',
  has_unsafe_characters: 'has characters that URIs do not have: percent-encode them',
  http_not_loopback: 'is http: use https (http is only for 127.0.0.1, [::1] and localhost)',
  scheme_not_allowed:
    'has a scheme that is not allowed: use https, or your domain reversed, for example com.example.app:/callback',
  too_long: 'is too long: use at most 2048 characters',
}

function checkRedirectUris(input: NewClient, grantTypes: readonly string[]): FieldProblem[] {
  const field = 'redirectUris'
  const uris = input.redirectUris ?? []
  const problems = [
    ...checkUris(field, uris),
    ...checkUris('postLogoutRedirectUris', input.postLogoutRedirectUris ?? []),
  ]
  const usesBrowser = grantTypes.includes('authorization_code')
  if (usesBrowser && uris.length === 0) {
    problems.push({ field, problem: 'is empty: authorization_code needs one to come back to' })
  }
  if (!usesBrowser && uris.length > 0) {
    problems.push({ field, problem: 'is for authorization_code only: add that grant or leave it' })
  }
  return problems
}

function checkUris(field: string, uris: readonly string[]): FieldProblem[] {
  const problems = uris.flatMap((uri) => {
    const problem = redirectUriProblem(uri)
    return problem ? [{ field, problem: `"${uri}" ${REDIRECT_REMEDIES[problem]}` }] : []
  })
  const repeated = findRepeated(uris).map((uri) => ({ field, problem: `"${uri}" is given twice` }))
  if (uris.length <= MAX_REDIRECT_URIS) return [...problems, ...repeated]
  return [{ field, problem: `has more than ${MAX_REDIRECT_URIS} entries` }]
}

function checkScopes(
  { scopes = [], defaultScopes = [] }: NewClient,
  tenant: Tenant,
): FieldProblem[] {
  const unknown = scopes.filter((scope) => !isIdentityScope(scope) && !findScope(tenant, scope))
  const beyond = defaultScopes.filter((scope) => !scopes.includes(scope))
  return [
    ...unknown.map((scope) => ({
      field: 'scopes',
      problem: `"${scope}" is not a scope of tenant ${tenant.name}: see its resourceServers`,
    })),
    ...beyond.map((scope) => ({
      field: 'defaultScopes',
      problem: `"${scope}" is not among the scopes of the app: add it there`,
    })),
  ]
}

function checkAudiences(input: NewClient, tenant: Tenant): FieldProblem[] {
  const fields = ['defaultAudience', 'resourceServer'] as const
  return fields.flatMap((field) => {
    const audience = input[field]
    const known = tenant.resourceServers.map((server) => server.audience)
    if (audience === undefined || known.includes(audience)) return []
    const remedy = known.length > 0 ? `choose among ${known.join(', ')}` : 'configure one first'
    return [{ field, problem: `"${audience}" is not an API of tenant ${tenant.name}: ${remedy}` }]
  })
}

/** RFC 9700 §2.1.1 and RFC 9700 §4.14.2: without a secret, PKCE and rotation are what protects. */
function checkPublic(input: NewClient): FieldProblem[] {
  const problems: FieldProblem[] = []
  if (input.requirePkce === false) {
    problems.push({ field: 'requirePkce', problem: 'cannot be off for a public app' })
  }
  if (input.refreshPolicy === 'stable') {
    problems.push({ field: 'refreshPolicy', problem: 'must be rotate for a public app' })
  }
  if (input.resourceServer !== undefined) {
    problems.push({ field: 'resourceServer', problem: 'needs a confidential app' })
  }
  return problems
}
