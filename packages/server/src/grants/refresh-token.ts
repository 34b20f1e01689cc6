// Refresh token grant (RFC 6749 §6): rotation, retries that survive a lost answer, reuse detection (RFC 9700 §4.14).

import { accessTokenLifetime } from '../legacy/allowances.ts'
import { digestOf, tokenKey } from '../platform/hash.ts'
import { sealerFromSecret } from '../platform/seal.ts'
import { OAuthError } from '../protocol/errors.ts'
import { list, optional, required } from '../protocol/params.ts'
import { parseResources } from '../protocol/resource.ts'
import { parseRequestedScope, sameScopes } from '../protocol/scope.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { RotateOutcome } from '../store/port.ts'
import type { GrantRecord, RefreshTokenRecord } from '../store/records.ts'
import { endingNow } from '../tokens/ending.ts'
import { type Issued, issueTokens, planIdToken, type TokenPlan } from '../tokens/issue.ts'
import { type GrantContext, type GrantType, grantEnded } from './grant.ts'
import { narrowGrant, stillAllowed } from './narrow.ts'

interface RefreshRequest {
  readonly refreshToken: string
  readonly scopes: readonly string[] | undefined
  readonly resources: readonly string[]
}

export const refreshToken: GrantType<RefreshRequest> = {
  name: 'refresh_token',
  forPublicClients: true,

  parse: (params) => ({
    refreshToken: required(params, 'refresh_token'), // RFC 6749 §6: REQUIRED
    scopes: parseRequestedScope(optional(params, 'scope')), // RFC 6749 §6: OPTIONAL
    resources: parseResources(list(params, 'resource')), // RFC 8707 §2.2: OPTIONAL
  }),

  async run(request, context) {
    const { client, deps } = context
    const { tenant, store, clock } = deps
    const found = await store.findRefreshToken(tenant.name, tokenKey(request.refreshToken))
    if (!found) throw new OAuthError('refresh_token_unknown')
    const { token } = found
    if (token.clientId !== client.id) throw new OAuthError('refresh_token_of_other_client')
    if (token.clientAuthenticated && !client.proven) {
      throw new OAuthError('client_credentials_missing')
    }

    const grant = stillAllowed(found.grant, client)
    const covered = narrowGrant(grant, request, tenant)
    const plan = {
      grant,
      ...covered,
      scopeDiffers: !sameScopes(covered.scopes, request.scopes ?? found.grant.scopes),
      // OIDC Core §12.2: a refreshed ID token carries no nonce.
      idToken: planIdToken(client, { ...grant, nonce: null }),
      lifetimeSeconds: Math.min(
        await accessTokenLifetime(context, deps),
        // No token outlives its grant: so that a grant whose end has come need not be ended any more.
        Math.max(1, token.endsAtSeconds - clock.nowSeconds()),
      ),
      clientAuthenticated: client.proven,
    }
    // RFC 9700 §4.14.2: without a proof of the client, only rotation shows that a token was stolen.
    return client.refreshPolicy === 'stable' && client.proven
      ? renew(request, { token, plan, context })
      : rotate(request, { token, plan, context })
  },
}

interface Refresh {
  readonly token: RefreshTokenRecord
  readonly plan: Omit<TokenPlan, 'refresh'> & { readonly grant: GrantRecord }
  readonly context: GrantContext
}

/** Purpose of the key under which the answer waits for a retry. */
const ANSWER_PURPOSE = 'ostiary refresh answer'

async function rotate(request: RefreshRequest, refresh: Refresh): Promise<TokenResponse> {
  const { token, plan, context } = refresh
  const { tenant, store } = context.deps
  const issued = await issueTokens(
    { ...plan, refresh: { kind: 'new', endsAtSeconds: token.endsAtSeconds } },
    context.deps,
  )
  const successor = issued.tokens.refreshToken
  if (!successor) throw new Error('a rotation without a successor')
  // Only the presented token yields this key: a copy of the database opens no answer.
  const sealer = sealerFromSecret(request.refreshToken, ANSWER_PURPOSE)
  const outcome = await store.rotateRefreshToken({
    ...endingNow(context.deps),
    hash: token.hash,
    clientId: token.clientId,
    retryWindowSeconds: tenant.policy.refreshToken.retryWindowSeconds,
    fingerprint: fingerprintOf(request),
    successor,
    accessToken: issued.tokens.accessToken,
    sealedAnswer: sealer.seal(JSON.stringify(issued.response)),
    reuseEvent: grantEnded('refresh_token.reused', plan.grant, context),
  })
  context.deps.observer.refreshed(outcome.outcome)
  if (outcome.outcome === 'rotated') return issued.response
  if (outcome.outcome === 'retried') {
    const answer = sealer.open(outcome.sealedAnswer)
    if (answer === undefined) throw new Error('the answer kept for a retry does not open')
    return JSON.parse(answer)
  }
  return refuse(outcome, refresh)
}

/** RFC 9700 §4.14.2 leaves confidential clients the choice: a stable token cannot be lost with an answer. */
async function renew(request: RefreshRequest, refresh: Refresh): Promise<TokenResponse> {
  const { token, plan, context } = refresh
  const { tenant, store, clock } = context.deps
  const now = clock.nowSeconds()
  const issued: Issued = await issueTokens(
    { ...plan, refresh: { kind: 'same', token: request.refreshToken } },
    context.deps,
  )
  const outcome = await store.renewRefreshToken({
    tenant: tenant.name,
    hash: token.hash,
    clientId: token.clientId,
    nowSeconds: now,
    expiresAtSeconds: Math.min(now + tenant.policy.refreshToken.idleSeconds, token.endsAtSeconds),
    accessToken: issued.tokens.accessToken,
  })
  context.deps.observer.refreshed(outcome)
  return outcome === 'renewed' ? issued.response : refuse({ outcome }, refresh)
}

type Refusal = Exclude<RotateOutcome, { outcome: 'rotated' | 'retried' }>

function refuse(refusal: Refusal, { token, context }: Refresh): never {
  if (refusal.outcome === 'reused') {
    const { grantId, clientId } = token
    context.log.warn({ grant: grantId, client: clientId }, 'refresh token reused: grant ended')
  }
  throw new OAuthError(REFUSALS[refusal.outcome])
}

const REFUSALS = {
  retry_differs: 'refresh_retry_differs',
  reused: 'refresh_token_reused',
  expired: 'refresh_token_expired',
  revoked: 'grant_revoked',
  unknown: 'refresh_token_unknown',
  wrong_client: 'refresh_token_of_other_client',
} as const satisfies Record<Refusal['outcome'], string>

/** A retry is the same request again; the same token with other wishes is not. */
function fingerprintOf({ scopes, resources }: RefreshRequest): string {
  return digestOf((scopes ?? []).toSorted().join(' '), resources.toSorted().join(' '))
}
