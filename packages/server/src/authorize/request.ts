// Reads an authorization request and checks it, in the order that decides who gets to hear about an error:
// until the redirect URI is verified it is shown on a page of ours, after that it goes to the app.

import { checkAllowance, type LegacyDeps, type LegacyUse } from '../legacy/allowances.ts'
import { type Allowance, type CountedUse, IGNORED_SCOPES } from '../protocol/allowance.ts'
import { OAuthError, PageError, type RedirectTarget } from '../protocol/errors.ts'
import { asClientId, asUserId, type UserId } from '../protocol/ids.ts'
import { list, optional, type Params } from '../protocol/params.ts'
import { type ChallengeMethod, fromBase64Challenge, isChallenge } from '../protocol/pkce.ts'
import { mustUsePkce } from '../protocol/policy.ts'
import { type Prompt, parsePrompt } from '../protocol/prompt.ts'
import { parseResources } from '../protocol/resource.ts'
import { parseRequestedScope } from '../protocol/scope.ts'
import { checkAudience, defaultAudience, findAudience, type Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { ClientRecord } from '../store/records.ts'
import { chooseScopes, findUnknown, registeredAt } from '../tokens/choose-scopes.ts'
import { readIdTokenHint } from '../tokens/id-token.ts'
import type { KeyRing } from '../tokens/keys.ts'
import { checkSafety, verifyRedirectUri } from './redirect.ts'
import {
  checkResponseMode,
  checkResponseType,
  GRANT_OF_RESPONSE,
  type ResponseType,
  usualResponseMode,
} from './response.ts'

/** What is known of every request that is answered at all: who asks, and where the answer goes. */
interface KnownRequest {
  readonly client: ClientRecord
  readonly target: RedirectTarget
  readonly loginHint: string | undefined
  readonly uiLocales: string | undefined
}

/** One that its app is told an error for. */
export interface RefusedRequest extends KnownRequest {
  readonly refusal: OAuthError
  /** With `prompt=none` the user is shown nothing (OIDC Core §3.1.2.1). */
  readonly silent: boolean
}

export interface AuthorizationRequest extends KnownRequest {
  readonly responseType: ResponseType
  readonly redirectUriSent: boolean
  /** What it is given, if the user agrees to all. */
  readonly scopes: readonly string[]
  /** What it names; undefined when it names nothing. */
  readonly askedScopes: readonly string[] | undefined
  readonly audience: readonly string[]
  readonly challenge: Challenge | undefined
  readonly nonce: string | undefined
  readonly prompts: ReadonlySet<Prompt>
  readonly maxAgeSeconds: number | undefined
  /** The user whom the app's `id_token_hint` names: the answer is about nobody else. */
  readonly hintedUserId: UserId | undefined
  /** What it uses that the best current practice forbids, and what was passed over. */
  readonly counted: readonly CountedUse[]
}

export interface Challenge {
  readonly value: string
  readonly method: ChallengeMethod
}

export interface RequestDeps extends LegacyDeps {
  readonly keys: KeyRing
  readonly store: LegacyDeps['store'] & Pick<Store, 'findClient'>
}

/** Of the HTTP request, for the audit trail. */
type Occasion = Omit<LegacyUse, 'client'>

/**
 * RFC 6749 §4.1.1 and what other specifications add to it. A refusal is returned, not thrown: when the app may hear of
 * it depends on the user, too.
 * @throws PageError
 */
export async function checkAuthorizationRequest(
  params: Params,
  deps: RequestDeps,
  occasion: Occasion,
): Promise<AuthorizationRequest | RefusedRequest> {
  // Errors until the redirect URI is verified stay on our own page (RFC 6749 §4.1.2.1, RFC 9700 §4.11.2).
  const client = await findRequestedClient(params, deps)
  const { tenant } = deps
  const { redirectUri, isBeyondUsual } = verifyRedirectUri(params, client, tenant)
  const use = { client, ...occasion }
  const unsafe = await checkSafety(redirectUri, use, deps)
  const target = {
    redirectUri,
    responseMode: usualResponseMode(params, tenant),
    state: optional(params, 'state'),
  }
  const known: KnownRequest = {
    client,
    target,
    loginHint: optional(params, 'login_hint'),
    uiLocales: optional(params, 'ui_locales'),
  }

  try {
    target.responseMode = checkResponseMode(params, tenant)
    checkUnsupported(params)
    const responseType = checkResponseType(params, tenant)
    checkGrantAllowed(client, responseType)
    const challenge = checkChallenge(params, { client, responseType, tenant })
    const legacy = legacyOf({ client, responseType, challenge })
    if (isBeyondUsual) legacy.push('many-redirect-uris')
    for (const allowance of legacy) {
      if (!isFree(allowance, client, tenant)) await checkAllowance(allowance, use, deps)
    }
    const audience = audienceOf(params, client, tenant)
    const asked = parseRequestedScope(optional(params, 'scope'))
    const scopes = chooseScopes(asked, registeredAt(audience, client, tenant), tenant)
    checkAudience(tenant, audience, scopes)
    if (scopes.includes('openid')) prepareIdTokens(client, deps)
    const counted: CountedUse[] = [...unsafe, ...legacy]
    if (findUnknown(asked, client, tenant) !== undefined) counted.push(IGNORED_SCOPES)
    return {
      ...known,
      responseType,
      counted,
      redirectUriSent: params.has('redirect_uri'),
      scopes,
      askedScopes: asked,
      audience,
      challenge,
      nonce: optional(params, 'nonce'),
      prompts: parsePrompt(optional(params, 'prompt')),
      maxAgeSeconds: checkMaxAge(params),
      hintedUserId: await checkIdTokenHint(params, client, deps),
    }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { ...known, refusal: error, silent: optional(params, 'prompt')?.trim() === 'none' }
  }
}

/**
 * The first app that needs an algorithm has its keys made. That takes seconds for RSA, longer than some apps wait for
 * their tokens, so it begins while the user signs in.
 */
function prepareIdTokens({ idTokenAlgorithm }: ClientRecord, { keys }: RequestDeps): void {
  // What fails here fails again when the token is signed, and there somebody is told.
  keys.idTokenSigner(idTokenAlgorithm).catch(() => undefined)
}

async function findRequestedClient(params: Params, deps: RequestDeps): Promise<ClientRecord> {
  const id = optional(params, 'client_id')
  if (id === undefined) throw new PageError('client_id_missing')
  const found = await deps.store.findClient(deps.tenant.name, asClientId(id))
  if (!found || found.client.disabledAtSeconds !== null) {
    throw new PageError('client_unknown', { received: id })
  }
  return found.client
}

/** OIDC Core §6: requests by value or by reference are refused by name, not ignored. */
function checkUnsupported(params: Params): void {
  if (params.has('request')) throw new OAuthError('request_object_unsupported')
  if (params.has('request_uri')) throw new OAuthError('request_uri_unsupported')
}

function checkGrantAllowed(client: ClientRecord, responseType: ResponseType): void {
  if (!client.grantTypes.includes(GRANT_OF_RESPONSE[responseType]))
    throw new OAuthError('grant_type_forbidden')
}

type Code = Pick<AuthorizationRequest, 'client' | 'responseType' | 'challenge'>

/** What the request uses that the best current practice forbids, or advises against. */
function legacyOf({ client, responseType, challenge }: Code): Allowance[] {
  if (responseType === 'token') return ['implicit']
  if (challenge?.method === 'plain') return ['pkce-plain']
  if (challenge !== undefined) return []
  return [absenceOfPkce(client)]
}

function absenceOfPkce({ type }: ClientRecord): Allowance {
  return type === 'public' ? 'public-without-pkce' : 'without-pkce'
}

/** Where nobody is asked for PKCE, leaving it out is only counted: so it is known whom a demand would shut out. */
function isFree(allowance: Allowance, client: ClientRecord, { policy }: Tenant): boolean {
  return allowance === 'without-pkce' && !mustUsePkce(client, policy)
}

/** RFC 7636 §4.3, RFC 9700 §2.1.1: who must send a challenge, and of which kind. */
function checkChallenge(
  params: Params,
  {
    client,
    responseType,
    tenant,
  }: { client: ClientRecord; responseType: ResponseType; tenant: Tenant },
): Challenge | undefined {
  // There is no code to protect.
  if (responseType === 'token') return undefined
  const { methods, methodWhenOmitted } = tenant.policy.pkce
  const value = optional(params, 'code_challenge')
  const named = optional(params, 'code_challenge_method')
  if (value === undefined) {
    const absence = absenceOfPkce(client)
    const excused =
      isFree(absence, client, tenant) || client.allowances.some(({ name }) => name === absence)
    // A method without a challenge is a downgrade that somebody tried on the way (RFC 9700 §4.8).
    if (!excused || named !== undefined) throw new OAuthError('code_challenge_missing')
    return undefined
  }
  const asked = named ?? methodWhenOmitted
  const method = methods.find((known) => known === asked)
  if (method === undefined) {
    throw new OAuthError('code_challenge_method_unknown', { parameter: methods.join(', ') })
  }
  const challenge =
    method === 'S256' && tenant.rules.base64Challenges ? fromBase64Challenge(value) : value
  if (!isChallenge(challenge, method)) throw new OAuthError('code_challenge_malformed')
  return { value: challenge, method }
}

function audienceOf(params: Params, client: ClientRecord, tenant: Tenant): readonly string[] {
  const asked = parseResources(list(params, 'resource'))
  if (asked.length > 0) return findAudience(tenant, asked)
  return [client.defaultAudience ?? defaultAudience(tenant)]
}

/**
 * OIDC Core §3.1.2.1: an ID token that we gave to this app, be it expired. What does not verify is an error: to pass it
 * over would answer the app about whoever is signed in. Where the contract has no ID tokens it is an unknown parameter.
 */
async function checkIdTokenHint(
  params: Params,
  client: ClientRecord,
  { tenant, keys }: RequestDeps,
): Promise<UserId | undefined> {
  const hint = optional(params, 'id_token_hint')
  if (hint === undefined || !tenant.rules.openId) return undefined
  const read = await readIdTokenHint(hint, { issuer: tenant.issuer, keys })
  if (read?.clientId !== client.id) throw new OAuthError('id_token_hint_invalid')
  return asUserId(read.userId)
}

function checkMaxAge(params: Params): number | undefined {
  const text = optional(params, 'max_age')
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new OAuthError('max_age_malformed')
  return Number(text)
}
