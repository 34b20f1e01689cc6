// Token revocation (RFC 7009): revoking an access or a refresh token ends the grant behind it.

import { authenticateClient, type ClientAuthDeps } from '../client-auth/index.ts'
import type { Followers } from '../feed/followers.ts'
import { type LegacyDeps, spendAllowance } from '../legacy/allowances.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { ClientId, GrantId } from '../protocol/ids.ts'
import type { Endpoint, HeldReply, IncomingRequest, Reply } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import { required } from '../protocol/params.ts'
import type { Allowance } from '../store/port/guessing.ts'
import type { MachineToken, Store } from '../store/port.ts'
import { endingNow } from '../tokens/ending.ts'
import { type FindTokenDeps, type FoundToken, findToken } from '../tokens/find-token.ts'

export interface RevocationDeps extends ClientAuthDeps, FindTokenDeps, LegacyDeps {
  readonly store: ClientAuthDeps['store'] &
    FindTokenDeps['store'] &
    LegacyDeps['store'] &
    Pick<Store, 'revokeGrant' | 'readFeedState'>
  readonly observer: Pick<TenantObserver, 'followersLapsed'>
  readonly heldFeed: { readonly followers: Pick<Followers, 'wait'> }
}

export function createRevocationEndpoint(deps: RevocationDeps): Endpoint {
  return async (request) => {
    const client = await authenticateClient(request, deps)
    if (request.inUrl) {
      const use = { client, requestId: request.id, log: request.log }
      await spendAllowance('query-parameters', use, deps)
    }
    // RFC 7009 §2.1: token_type_hint is only a hint; our tokens tell their type themselves.
    const found = await findToken(required(request.params, 'token'), deps)
    // A confidential app that leaves out its secret shows no more than that it holds this token.
    if (!client.proven && client.type === 'confidential' && !standsForItself(found)) {
      throw new OAuthError('client_credentials_missing')
    }
    const owner = found && ownerOf(found)
    if (owner?.clientId !== client.id) return DONE
    // Said again: nothing more ends by it, and nobody who follows the feed needs to hear of it.
    if (!hasEnded(found)) await endGrant(owner, request.id, deps)
    return deps.tenant.policy.revocationWaitsForApis ? await whenConfirmed(request, deps) : DONE
  }
}

/**
 * RFC 7009 §2.2: an unknown token, or another client's, is answered the same way; nobody reads the body, but there are
 * clients that accept nothing but JSON.
 */
const DONE: Reply = { kind: 'json', status: 200, body: {} }

/** The token has ended, whatever becomes of the waiting: it takes a second at most, and nothing is held meanwhile. */
async function whenConfirmed(
  { log }: IncomingRequest,
  { tenant: { name }, store, observer, heldFeed }: RevocationDeps,
): Promise<HeldReply | Reply> {
  const state = await store.readFeedState(name).catch(() => undefined)
  if (state === undefined) return DONE
  return {
    kind: 'held',
    async until(ended) {
      const late = await heldFeed.followers.wait(name, state.lastSequence, ended)
      if (late === 0) return
      observer.followersLapsed(late)
      log.warn({ tenant: name, followers: late }, 'APIs did not confirm a revocation in time')
    },
    answer: async () => DONE,
  }
}

function hasEnded(found: FoundToken | undefined): boolean {
  return found?.kind === 'refresh' && found.grant.revokedAtSeconds !== null
}

interface Owner {
  readonly clientId: ClientId
  readonly grantId: GrantId
  /** Set when nobody had to be asked for the token: the app gets as many of those as it wants. */
  readonly machineToken: MachineToken | undefined
}

/** Whether the token was issued to an app that used PKCE instead of its secret. */
function standsForItself(found: FoundToken | undefined): boolean {
  return found?.kind === 'refresh' && !found.token.clientAuthenticated
}

function ownerOf(found: FoundToken): Owner {
  if (found.kind === 'refresh') {
    const { clientId, grantId } = found.token
    return { clientId, grantId, machineToken: undefined }
  }
  const { clientId, grantId, userId, expiresAtSeconds } = found.facts
  const machineToken =
    userId === null ? { expiresAtSeconds, allowance: allowanceOfLines(clientId) } : undefined
  return { clientId, grantId, machineToken }
}

/**
 * Of lines in the feed, which every API holds in memory. What people allowed is not counted: an app gives back all of it
 * at once when it is shut down, and there is only as much as they have said yes to.
 */
export function allowanceOfLines(clientId: ClientId): Allowance {
  return {
    purpose: 'revocations',
    slot: clientId,
    failures: 1000,
    windowSeconds: 600,
    thenEverySeconds: 0,
  }
}

async function endGrant(
  { clientId, grantId, machineToken }: Owner,
  requestId: string,
  deps: RevocationDeps,
): Promise<void> {
  // Known already: then a flood of them writes nothing, and nobody waits for it.
  if (machineToken) refuseWhile(await deps.guesses.waitOf(() => machineToken.allowance))
  const ending = endingNow(deps)
  const outcome = await deps.store.revokeGrant({
    ...ending,
    grantId,
    machineToken,
    endsConsent: deps.tenant.policy.revocationEndsConsent,
    event: {
      tenant: ending.tenant,
      atSeconds: ending.nowSeconds,
      action: 'grant.revoked',
      actor: `client:${clientId}`,
      target: `grant:${grantId}`,
      requestId,
    },
  })
  if (typeof outcome === 'object') refuseWhile(outcome.spentForSeconds)
}

/** @throws OAuthError */
function refuseWhile(retryAfterSeconds: number | undefined): void {
  if (retryAfterSeconds === undefined) return
  throw new OAuthError('revocations_too_many', { retryAfterSeconds })
}
