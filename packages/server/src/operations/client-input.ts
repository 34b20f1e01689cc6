// What an app may be registered with. Gathers everything that is wrong before it refuses.

import { ALLOWANCE_NAMES, type Allowance, isAllowed } from '../protocol/allowance.ts'
import type { UserId } from '../protocol/ids.ts'
import type { IdTokenAlgorithm } from '../protocol/policy.ts'
import { findScope, isIdentityScope, type Tenant } from '../protocol/tenant.ts'
import type { ClientAllowance, ClientRecord } from '../store/records.ts'
import { checkClientId } from './client-ids.ts'
import { checkName, checkWebAddress } from './field-checks.ts'
import type { FieldProblem } from './operation.ts'
import { checkRedirectUris } from './redirect-uris.ts'

export interface NewClient {
  readonly name: string
  readonly type: ClientRecord['type']
  /** Chosen by the operator, for an app that is in the field already; made when not given. */
  readonly id?: string | undefined
  readonly party?: ClientRecord['party'] | undefined
  readonly organisationId?: string | undefined
  /** The account holder who registers it in the portal. */
  readonly registeredBy?: UserId | undefined
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
  /** RS256 when not given (OIDC Registration §2, `id_token_signed_response_alg`). */
  readonly idTokenAlgorithm?: IdTokenAlgorithm | undefined
  /** Whether ID tokens tell the user's profile, as far as the scopes cover it: they do when not given. */
  readonly idTokenProfile?: boolean | undefined
  readonly refreshPolicy?: ClientRecord['refreshPolicy'] | undefined
  /** Legacy allowances besides those that every app of the contract has. */
  readonly allowances?: readonly ClientAllowance[] | undefined
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

export function defaultGrantTypes(input: Omit<NewClient, 'allowances'>): readonly string[] {
  if (input.grantTypes) return input.grantTypes
  if (input.resourceServer !== undefined) return []
  const usesBrowser = input.type === 'public' || (input.redirectUris ?? []).length > 0
  return usesBrowser ? ['authorization_code', 'refresh_token'] : ['client_credentials']
}

/** A new app has the allowances that it is given, and those that every app of the contract has. */
export function checkNewClient(
  input: NewClient,
  tenant: Tenant,
  known: readonly RegistrableGrantType[],
): FieldProblem[] {
  const usual = ALLOWANCE_NAMES.filter(
    (name) => tenant.rules.allowances[name] === 'at-registration',
  )
  const allowances = [...(input.allowances ?? []), ...usual.map((name) => ({ name }))]
  return checkClient({ ...input, allowances }, tenant, known)
}

/** An app as it is, or as it is going to be. */
interface ClientInput extends Omit<NewClient, 'allowances'> {
  readonly allowances?: readonly Pick<ClientAllowance, 'name'>[] | undefined
}

export function checkClient(
  input: ClientInput,
  tenant: Tenant,
  known: readonly RegistrableGrantType[],
): FieldProblem[] {
  const grantTypes = defaultGrantTypes(input)
  return [
    ...(input.id === undefined ? [] : checkClientId(input.id, input.type)),
    ...checkName('name', input.name),
    ...(input.publisher === undefined ? [] : checkName('publisher', input.publisher)),
    ...checkGrantTypes(input, offeredGrantTypes(tenant, known), tenant),
    ...checkLegacyGrants(input, tenant),
    ...checkRedirectUris(input, { grantTypes, tenant }),
    ...checkScopes(input, tenant),
    ...checkAudiences(input, tenant),
    ...(input.type === 'public' ? checkPublic(input) : []),
    ...checkExcuses(input),
    ...checkWebAddress('homepage', input.homepage),
    ...checkWebAddress('privacyUri', input.privacyUri),
    ...checkWebAddress('termsUri', input.termsUri),
  ]
}

/** It has no endpoint of its own, but an app is registered for it all the same. */
const IMPLICIT: RegistrableGrantType = { name: 'implicit', forPublicClients: true }

function offeredGrantTypes(
  { rules }: Tenant,
  known: readonly RegistrableGrantType[],
): readonly RegistrableGrantType[] {
  return [...known, IMPLICIT].filter(({ name }) => rules.grantTypes.includes(name))
}

function checkGrantTypes(
  input: ClientInput,
  known: readonly RegistrableGrantType[],
  { contract }: Tenant,
): FieldProblem[] {
  const field = 'grantTypes'
  const { type } = input
  const grantTypes = defaultGrantTypes(input)
  const problems = grantTypes.flatMap((name) => {
    const grantType = known.find((candidate) => candidate.name === name)
    if (!grantType) {
      const names = known.map((candidate) => candidate.name).join(', ')
      const remedy = names === '' ? `contract ${contract} has none` : `choose among ${names}`
      return [{ field, problem: `"${name}" is not offered: ${remedy}` }]
    }
    if (type === 'confidential' || grantType.forPublicClients) return []
    return [{ field, problem: `"${name}" is not for public apps: they have no secret` }]
  })
  const gives = grantTypes.some((name) => name === 'authorization_code' || name === 'password')
  if (grantTypes.includes('refresh_token') && !gives) {
    problems.push({ field, problem: 'refresh_token needs authorization_code beside it' })
  }
  return problems
}

/** A legacy grant needs its allowance, and the password grant an app of one's own besides. */
function checkLegacyGrants(input: ClientInput, tenant: Tenant): FieldProblem[] {
  const field = 'grantTypes'
  const offered = defaultGrantTypes(input).filter((name) => tenant.rules.grantTypes.includes(name))
  const problems = (['implicit', 'password'] as const)
    .filter((name) => offered.includes(name) && !isAllowed(name, input, tenant.rules))
    .map((name) => ({ field, problem: `"${name}" needs the legacy allowance of that name` }))
  if (offered.includes('password') && input.party !== 'first') {
    problems.push({ field, problem: '"password" is for first-party apps only' })
  }
  return problems
}

function checkScopes(
  { scopes = [], defaultScopes = [] }: ClientInput,
  tenant: Tenant,
): FieldProblem[] {
  const isKnown = (scope: string) =>
    isIdentityScope(scope) ? tenant.rules.openId : findScope(tenant, scope) !== undefined
  const unknown = scopes.filter((scope) => !isKnown(scope))
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

function checkAudiences(input: ClientInput, tenant: Tenant): FieldProblem[] {
  const fields = ['defaultAudience', 'resourceServer'] as const
  return fields.flatMap((field) => {
    const audience = input[field]
    const known = tenant.resourceServers.map((server) => server.audience)
    if (audience === undefined || known.includes(audience)) return []
    const remedy = known.length > 0 ? `choose among ${known.join(', ')}` : 'configure one first'
    return [{ field, problem: `"${audience}" is not an API of tenant ${tenant.name}: ${remedy}` }]
  })
}

/** RFC 9700 §2.1.1: which apps may be excused from PKCE by which allowance. */
export function checkExcuses({
  type,
  allowances = [],
}: Pick<ClientInput, 'type' | 'allowances'>): FieldProblem[] {
  const has = (name: Allowance) => allowances.some((allowance) => allowance.name === name)
  const field = 'allowance'
  if (type === 'public' && has('without-pkce')) {
    return [{ field, problem: '"without-pkce" is for apps that have a secret' }]
  }
  if (type === 'confidential' && has('public-without-pkce')) {
    return [{ field, problem: '"public-without-pkce" is for apps that have none' }]
  }
  return []
}

/** RFC 9700 §2.1.1 and RFC 9700 §4.14.2: without a secret, PKCE and rotation are what protects. */
function checkPublic(input: ClientInput): FieldProblem[] {
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
