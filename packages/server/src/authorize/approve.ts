// Turns a decision into a code, and the code into the answer that the browser carries to the app.

import type { Account } from '../identity/sessions.ts'
import { countUse } from '../legacy/allowances.ts'
import { newTimedId } from '../platform/random.ts'
import { OAuthError, PageError, RedirectError } from '../protocol/errors.ts'
import { asGrantId } from '../protocol/ids.ts'
import type { AuthorizationReply, Log } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import type { Store } from '../store/port.ts'
import type { GrantRecord, Membership } from '../store/records.ts'
import { type CodeLimit, tooMany } from './code-limit.ts'
import { coverOf } from './consent-cover.ts'
import { type GiveDeps, giveCode, giveToken } from './give.ts'
import { type Interaction, interactionExpiry } from './interaction.ts'
import type { AuthorizationRequest } from './request.ts'

export interface ApproveDeps extends GiveDeps {
  readonly store: GiveDeps['store'] & Pick<Store, 'approveAuthorization' | 'claimOnce'>
  readonly observer: Pick<TenantObserver, 'tokenIssued'>
  readonly codeLimit: CodeLimit
}

export interface Approval {
  readonly request: AuthorizationRequest
  readonly account: Account
  readonly membership: Membership | undefined
  readonly scopes: readonly string[]
  /** Good for one answer; undefined when nothing was proven, chosen or answered for this request. */
  readonly interaction: Interaction | undefined
  /** The user answered a page, which is remembered. */
  readonly answered: boolean
  /** Of the HTTP request, for the audit trail. */
  readonly requestId: string
  readonly log: Log
}

/** RFC 6749 §4.1.2 and, for the implicit grant, RFC 6749 §4.2.2. */
export async function approve(
  approval: Approval,
  deps: ApproveDeps,
): Promise<AuthorizationReply | 'already_decided'> {
  const { request, account, interaction, requestId, log } = approval
  const { tenant, store, clock } = deps
  const now = clock.nowSeconds()
  const allowance = await deps.codeLimit.allowanceFor(request, account)
  const grant = newGrant(approval, tenant.name, now)
  const { hash: sessionHash } = account.session
  const { id: userId, tag: userTag } = account.user
  const { fields, given } =
    request.responseType === 'code'
      ? giveCode(request, { ...grant, userId, userTag, sessionHash }, tenant)
      : await giveToken(grant, { client: request.client, requestId, log }, deps)
  const outcome = await store.approveAuthorization({
    given,
    consent: approval.answered
      ? {
          tenant: tenant.name,
          userId,
          clientId: request.client.id,
          organisationId: grant.organisationId,
          scopes: approval.scopes,
          ...coverOf(request),
          grantedAtSeconds: now,
        }
      : null,
    interaction: interaction ? oneTimeId(interaction, tenant.name) : null,
    session: sessionHash,
    allowance,
  })
  if (typeof outcome === 'object') throw tooMany(request)
  // The password changed, or the account was disabled, while the answer was on its way.
  if (outcome === 'signed_out') throw new PageError('interaction_invalid')
  if (outcome === 'already_decided') return outcome
  if (given.kind === 'token') deps.observer.tokenIssued('implicit')
  for (const use of request.counted) countUse(use, request.client, deps)
  const { redirectUri, responseMode, state } = request.target
  return {
    kind: 'authorization',
    redirectUri,
    responseMode,
    fields: {
      ...fields,
      state,
      ...(tenant.rules.issuerInResponses && { iss: tenant.issuer }), // RFC 9207 §2
    },
  }
}

/** RFC 6749 §4.1.2.1: no is an answer, too, and counts once. @throws RedirectError, or PageError already_decided */
export async function deny(
  { request, interaction }: { request: AuthorizationRequest; interaction: Interaction },
  { tenant, store }: ApproveDeps,
): Promise<never> {
  const first = await store.claimOnce(oneTimeId(interaction, tenant.name))
  if (!first) throw alreadyDecided(interaction)
  throw new RedirectError(new OAuthError('user_denied'), request)
}

/** Somebody pressed twice: the first answer counts, and the page offers to go on with the request. */
export function alreadyDecided({ request }: Interaction): PageError {
  return new PageError('already_decided', { continueWith: request })
}

function newGrant(
  { request, account, membership, scopes }: Approval,
  tenant: string,
  now: number,
): GrantRecord {
  return {
    tenant,
    id: asGrantId(newTimedId()),
    clientId: request.client.id,
    userId: account.user.id,
    clientTag: request.client.tag,
    userTag: account.user.tag,
    organisationId: membership?.organisation.id ?? null,
    unitId: membership?.defaultUnit?.id ?? null,
    scopes,
    audience: request.audience,
    authTimeSeconds: account.session.authTimeSeconds,
    createdAtSeconds: now,
    revokedAtSeconds: null,
  }
}

function oneTimeId(interaction: Interaction, tenant: string) {
  return {
    tenant,
    purpose: 'interaction',
    id: interaction.id,
    expiresAtSeconds: interactionExpiry(interaction),
  }
}
