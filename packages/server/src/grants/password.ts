// Resource owner password credentials grant (RFC 6749 §4.3): legacy, for first-party apps of contracts that have it.

import { signIn } from '../identity/sign-in.ts'
import { accessTokenLifetime, spendAllowance } from '../legacy/allowances.ts'
import { newTimedId } from '../platform/random.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asGrantId } from '../protocol/ids.ts'
import { optional, required } from '../protocol/params.ts'
import { parseRequestedScope, sameScopes } from '../protocol/scope.ts'
import { defaultAudience } from '../protocol/tenant.ts'
import type { GrantRecord, UserRecord } from '../store/records.ts'
import { chooseScopes, registeredAt } from '../tokens/choose-scopes.ts'
import { issueTokens } from '../tokens/issue.ts'
import type { GrantContext, GrantType } from './grant.ts'
import type { Coverage } from './narrow.ts'

interface PasswordRequest {
  readonly username: string
  readonly password: string
  readonly scopes: readonly string[] | undefined
}

export const password: GrantType<PasswordRequest> = {
  name: 'password',
  forPublicClients: true,

  parse: (params) => ({
    username: required(params, 'username'), // RFC 6749 §4.3.2: REQUIRED
    password: required(params, 'password'), // RFC 6749 §4.3.2: REQUIRED
    scopes: parseRequestedScope(optional(params, 'scope')), // RFC 6749 §4.3.2: OPTIONAL
  }),

  async run(request, context) {
    const { client, deps } = context
    const { tenant, store, clock } = deps
    if (client.party !== 'first') throw new OAuthError('grant_type_forbidden')
    await spendAllowance('password', context, deps)
    const audience = [client.defaultAudience ?? defaultAudience(tenant)]
    const registered = registeredAt(audience, client, tenant)
    const scopes = chooseScopes(request.scopes, registered, tenant)

    const user = await findUser(request, context)
    const grant = await newGrant(user, { scopes, audience }, context)
    const refreshes = client.grantTypes.includes('refresh_token')
    const endsAtSeconds = clock.nowSeconds() + tenant.policy.refreshToken.absoluteSeconds
    const lifetimeSeconds = await accessTokenLifetime(context, deps)
    const { response, tokens } = await issueTokens(
      {
        grant,
        scopes,
        scopeDiffers: request.scopes !== undefined && !sameScopes(scopes, request.scopes),
        audience,
        refresh: refreshes ? { kind: 'new', endsAtSeconds } : { kind: 'none' },
        idToken: undefined,
        lifetimeSeconds,
        clientAuthenticated: client.proven,
      },
      deps,
    )
    const outcome = await store.openGrant({
      grant,
      tokens,
      endsAtSeconds: refreshes ? endsAtSeconds : clock.nowSeconds() + lifetimeSeconds,
      guard: { kind: 'password', userId: user.id, passwordHash: user.passwordHash },
    })
    // The password changed, or the user was disabled, while it was being checked.
    if (outcome !== 'opened') throw new OAuthError('password_grant_refused')
    return response
  },
}

/** The same check and the same limits as at the sign-in page. */
async function findUser(
  { username, password: given }: PasswordRequest,
  { deps, source, requestId, log }: GrantContext,
): Promise<UserRecord> {
  const result = await signIn({ username, password: given, source, requestId, log }, deps)
  if (result.outcome === 'signed_in') return result.user
  if (result.outcome === 'wrong_credentials') throw new OAuthError('password_grant_refused')
  throw new OAuthError('guessing', { retryAfterSeconds: result.seconds })
}

/** There is nobody to ask: the organisation is the user's first. */
async function newGrant(
  user: UserRecord,
  { scopes, audience }: Coverage,
  { client, deps }: GrantContext,
): Promise<GrantRecord> {
  const { tenant, store, clock } = deps
  const [membership] = await store.listMemberships(tenant.name, user.id)
  const now = clock.nowSeconds()
  return {
    tenant: tenant.name,
    id: asGrantId(newTimedId()),
    clientId: client.id,
    userId: user.id,
    clientTag: client.tag,
    userTag: user.tag,
    organisationId: membership?.organisation.id ?? null,
    unitId: membership?.defaultUnit?.id ?? null,
    scopes,
    audience,
    authTimeSeconds: now,
    createdAtSeconds: now,
    revokedAtSeconds: null,
  }
}
