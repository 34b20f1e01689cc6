// Turns a decision into a grant and its code, and the code into the answer that the browser carries to the app.

import type { Account } from '../identity/sessions.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { newId, newSecret } from '../platform/random.ts'
import { type OAuthError, PageError, type RedirectTarget } from '../protocol/errors.ts'
import { asGrantId } from '../protocol/ids.ts'
import type { AuthorizationReply } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { CodeRecord, GrantRecord, Membership } from '../store/records.ts'
import { type Interaction, interactionExpiry } from './interaction.ts'
import type { AuthorizationRequest } from './request.ts'

export interface ApproveDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'approveAuthorization' | 'claimOnce'>
  readonly clock: Clock
}

export interface Approval {
  readonly request: AuthorizationRequest
  readonly account: Account
  readonly membership: Membership | undefined
  readonly scopes: readonly string[]
  /** Set when the user answered a page: the answer counts once, and is remembered. */
  readonly answered: Interaction | undefined
}

/** RFC 6749 §4.1.2. @throws PageError already_decided */
export async function approve(approval: Approval, deps: ApproveDeps): Promise<AuthorizationReply> {
  const { request, account, answered } = approval
  const { tenant, store, clock } = deps
  const now = clock.nowSeconds()
  const grant = newGrant(approval, tenant.name, now)
  const { code, record } = newCode(request, grant, now + tenant.policy.code.lifetimeSeconds)
  const outcome = await store.approveAuthorization({
    grant,
    code: record,
    consent: answered
      ? {
          tenant: tenant.name,
          userId: account.user.id,
          clientId: request.client.id,
          organisationId: grant.organisationId,
          scopes: approval.scopes,
          grantedAtSeconds: now,
        }
      : null,
    interaction: answered ? oneTimeId(answered, tenant.name) : null,
    session: account.session.hash,
  })
  // The password changed, or the account was disabled, while the answer was on its way.
  if (outcome === 'signed_out') throw new PageError('interaction_invalid', { status: 403 })
  if (outcome === 'already_decided') throw alreadyDecided(answered)
  return authorizationReply(request.target, { code }, tenant)
}

/** RFC 6749 §4.1.2.1. @throws PageError already_decided */
export async function deny(
  {
    request,
    interaction,
    error,
  }: { request: AuthorizationRequest; interaction: Interaction; error: OAuthError },
  { tenant, store }: ApproveDeps,
): Promise<AuthorizationReply> {
  const first = await store.claimOnce(oneTimeId(interaction, tenant.name))
  if (!first) throw alreadyDecided(interaction)
  return authorizationReply(
    request.target,
    { error: error.code, error_description: error.description },
    tenant,
  )
}

/** Every answer, good or bad, carries `state` as it came and `iss` (RFC 9207 §2). */
function authorizationReply(
  { redirectUri, responseMode, state }: RedirectTarget,
  fields: Record<string, string>,
  tenant: Tenant,
): AuthorizationReply {
  return {
    kind: 'authorization',
    redirectUri,
    responseMode,
    fields: { ...fields, state, iss: tenant.issuer },
  }
}

/** Somebody pressed twice: the first answer counts, and the page offers to go on with the request. */
function alreadyDecided(interaction: Interaction | undefined): PageError {
  const again = interaction && { continueWith: interaction.request }
  return new PageError('already_decided', { status: 403, ...again })
}

function newGrant(
  { request, account, membership, scopes }: Approval,
  tenant: string,
  now: number,
): GrantRecord {
  return {
    tenant,
    id: asGrantId(newId()),
    clientId: request.client.id,
    userId: account.user.id,
    organisationId: membership?.organisation.id ?? null,
    unitId: membership?.defaultUnit?.id ?? null,
    scopes,
    audience: request.audience,
    authTimeSeconds: account.session.authTimeSeconds,
    createdAtSeconds: now,
    revokedAtSeconds: null,
  }
}

function newCode(
  request: AuthorizationRequest,
  grant: GrantRecord,
  expiresAtSeconds: number,
): { code: string; record: CodeRecord } {
  const code = newSecret('ost_ac')
  const record: CodeRecord = {
    tenant: grant.tenant,
    hash: sha256(code),
    grantId: grant.id,
    clientId: grant.clientId,
    redirectUri: request.target.redirectUri,
    redirectUriSent: request.redirectUriSent,
    codeChallenge: request.challenge?.value ?? null,
    codeChallengeMethod: request.challenge?.method ?? null,
    nonce: request.nonce ?? null,
    issuedAtSeconds: grant.createdAtSeconds,
    expiresAtSeconds,
    redeemedAtSeconds: null,
  }
  return { code, record }
}

function oneTimeId(interaction: Interaction, tenant: string) {
  return {
    tenant,
    purpose: 'interaction',
    id: interaction.id,
    expiresAtSeconds: interactionExpiry(interaction),
  }
}
