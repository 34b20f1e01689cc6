// What an operation asks of a token, and the one place where it is compared with what the token says.

import type { AccessToken } from './access-token.ts'
import {
  callback,
  findWrongKinds,
  flag,
  isPlainObject,
  type Kind,
  numberFrom,
  textOrCallback,
  texts,
} from './kinds.ts'
import { TokenError } from './token-error.ts'

/** Some frameworks give a list for a parameter that the path may repeat; a list is never the one wanted. */
type Found = string | readonly string[] | undefined

type Wanted<Request> = string | ((request: Request) => Found | Promise<Found>)

/** Everything given must hold; `Request` is the framework's own request object. */
export interface Requirements<Request> {
  /** Scopes that the token must have, all of them. */
  readonly scopes?: readonly string[]
  /** Scopes of which the token must have one. A refused client is told to ask for the first. */
  readonly anyScope?: readonly string[]
  /** The organisation that the token must be for. A function that finds none refuses. */
  readonly organisation?: Wanted<Request>
  /** The unit that the token must be for. A token for a whole organisation names no unit and is refused. */
  readonly unit?: Wanted<Request>
  /** The user must have signed in within so many seconds (RFC 9470 §4). */
  readonly maxAgeSeconds?: number
  /** Ask the issuer about every token, JWTs too: knows of a revocation at once, costs a call. */
  readonly introspect?: boolean
  /** Any other rule: false refuses, and so does throwing a TokenError. */
  readonly check?: (token: AccessToken, request: Request) => boolean | Promise<boolean>
}

const KINDS: Readonly<Record<keyof Requirements<unknown>, Kind>> = {
  scopes: texts,
  anyScope: texts,
  organisation: textOrCallback,
  unit: textOrCallback,
  maxAgeSeconds: numberFrom(0, Number.MAX_SAFE_INTEGER),
  introspect: flag,
  check: callback,
}

/** RFC 6749 §3.3 */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Refuses requirements that do not say what their author meant: a misspelt name, or a value that is not there, would
 * otherwise leave an operation unprotected.
 * @throws TypeError
 */
export function assertRequirements(requirements: unknown): asserts requirements is object {
  if (!isPlainObject(requirements)) {
    throw new TypeError("Requirements are an object, such as { scopes: ['contacts:read'] }.")
  }
  for (const name of Object.keys(requirements)) {
    if (Object.hasOwn(KINDS, name)) continue
    throw new TypeError(
      `Unknown requirement "${name}". Known are: ${Object.keys(KINDS).join(', ')}.`,
    )
  }
  const [problem] = findWrongKinds(requirements, KINDS)
  if (problem) throw new TypeError(`The requirement ${problem}`)
  for (const scope of namedScopes(requirements)) {
    if (SCOPE_TOKEN.test(scope)) continue
    throw new TypeError(`"${scope}" is not a scope: list scopes one by one, without spaces.`)
  }
  if ((requirements as Requirements<unknown>).anyScope?.length === 0) {
    throw new TypeError('anyScope is empty, so no token could pass: name a scope or leave it out.')
  }
}

/**
 * Refuses scopes that an API does not list, where its tokens have just those.
 * @throws TypeError
 */
export function assertListed(requirements: object, listed: readonly string[]): void {
  for (const scope of namedScopes(requirements)) {
    if (listed.includes(scope)) continue
    throw new TypeError(
      `No token could have the scope "${scope}": with this contract, tokens have the scopes that ` +
        'the API lists, createGuard({ scopes }), and this one is not among them.',
    )
  }
}

function namedScopes(requirements: object): readonly string[] {
  const { scopes = [], anyScope = [] } = requirements as Requirements<unknown>
  return [...scopes, ...anyScope]
}

/** The scopes that a client should ask for to be let in. */
export function neededScopes(requirements: Requirements<never>): readonly string[] {
  return [...(requirements.scopes ?? []), ...(requirements.anyScope?.slice(0, 1) ?? [])]
}

/** @throws TokenError scope_missing, organisation_mismatch, unit_mismatch, authentication_too_old, check_failed */
export async function checkRequirements<Request>(
  token: AccessToken,
  requirements: Requirements<Request>,
  request: Request,
): Promise<void> {
  checkScopes(token, requirements)
  const { organisation, unit, check } = requirements
  if (organisation !== undefined) {
    const wanted = await resolve(organisation, request)
    if (!wanted || token.organisationId !== wanted) throw new TokenError('organisation_mismatch')
  }
  if (unit !== undefined) {
    const wanted = await resolve(unit, request)
    if (!wanted || token.unitId !== wanted) throw new TokenError('unit_mismatch')
  }
  checkAuthenticationAge(token, requirements.maxAgeSeconds)
  if (check && (await check(token, request)) !== true) throw new TokenError('check_failed')
}

function checkScopes(token: AccessToken, requirements: Requirements<never>): void {
  const { scopes = [], anyScope } = requirements
  const hasAll = scopes.every((scope) => token.has(scope))
  const hasOne = !anyScope || anyScope.some((scope) => token.has(scope))
  if (!hasAll || !hasOne) {
    throw new TokenError('scope_missing', { scopes: neededScopes(requirements) })
  }
}

function checkAuthenticationAge(token: AccessToken, maxAgeSeconds: number | undefined): void {
  if (maxAgeSeconds === undefined) return
  const { authTimeSeconds } = token
  const ageSeconds = Date.now() / 1000 - (authTimeSeconds ?? Number.NEGATIVE_INFINITY)
  if (ageSeconds > maxAgeSeconds) throw new TokenError('authentication_too_old', { maxAgeSeconds })
}

function resolve<Request>(wanted: Wanted<Request>, request: Request) {
  return typeof wanted === 'function' ? wanted(request) : wanted
}
