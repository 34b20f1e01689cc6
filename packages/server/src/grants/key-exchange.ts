// Exchanges an application key, or an identity JWT, for a short token of one organisation and unit. Every exchange
// opens a grant of its own. The order of checks: the key, the consumer, then what the two may have together.

import { rememberCaller } from '../identity/known-callers.ts'
import { noteUses, type Used } from '../platform/last-use.ts'
import { newTimedId } from '../platform/random.ts'
import { OAuthError } from '../protocol/errors.ts'
import { asGrantId } from '../protocol/ids.ts'
import type { KeyExchange } from '../protocol/key-exchange.ts'
import { defaultAudience } from '../protocol/tenant.ts'
import type { TokenResponse } from '../protocol/token-response.ts'
import type { Store } from '../store/port.ts'
import type { GrantRecord } from '../store/records.ts'
import { type IssueDeps, issueTokens } from '../tokens/issue.ts'
import { type Coverage, narrowGrant } from './narrow.ts'
import { findOpener, type Opener, type OpenerContext, type OpenerDeps } from './opener.ts'

export interface KeyExchangeDeps extends IssueDeps, OpenerDeps {
  readonly store: IssueDeps['store'] &
    OpenerDeps['store'] &
    Pick<Store, 'findUnit' | 'openGrant' | 'recordApplicationKeyUse' | 'recordAccessIdentifierUse'>
}

export interface KeyExchangeContext extends OpenerContext {
  readonly deps: KeyExchangeDeps
}

/** RFC 8693 §3 */
const ISSUED_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/**
 * @throws OAuthError invalid_client, access_denied, invalid_request, invalid_scope, invalid_target,
 * too_many_requests, temporarily_unavailable
 */
export async function exchangeKey(
  exchange: KeyExchange,
  context: KeyExchangeContext,
): Promise<TokenResponse> {
  const { deps } = context
  const opener = await findOpener(exchange, context)
  const unitId = await chooseUnit(opener, exchange.unit, deps)
  const grant = newGrant(opener, { unitId, ...coverageOf(opener, exchange, deps) }, deps)
  const { consumer } = opener
  const { lifetimeSeconds } = deps.tenant.policy.accessToken
  const { response, tokens } = await issueTokens(
    {
      grant,
      scopes: grant.scopes,
      audience: grant.audience,
      refresh: { kind: 'none' },
      idToken: undefined,
      lifetimeSeconds,
      clientAuthenticated: true,
      consumer: consumer && {
        username: consumer.user.username,
        accessIdentifierId: consumer.identifier.id,
      },
      issuedTokenType: ISSUED_TOKEN_TYPE,
    },
    deps,
  )
  const endsAtSeconds = deps.clock.nowSeconds() + lifetimeSeconds
  const outcome = await deps.store.openGrant({ grant, tokens, endsAtSeconds, guard: opener.guard })
  if (outcome !== 'opened') throw new OAuthError(REFUSALS[outcome])
  noteUse(opener, context)
  return response
}

/** What was good when it was looked at has ended meanwhile. */
const REFUSALS = {
  key_ended: 'application_key_suspended',
  issuer_ended: 'identity_issuer_unknown',
  identifier_gone: 'consumer_unknown',
  user_ended: 'consumer_disabled',
  already_used: 'identity_jwt_replayed',
} as const

/** @throws OAuthError unit_not_allowed */
async function chooseUnit(
  { organisationId, consumer }: Opener,
  asked: string | undefined,
  { tenant, store }: KeyExchangeDeps,
): Promise<string | null> {
  const own = consumer?.membership.defaultUnit?.id
  if (asked === undefined || asked === own) return own ?? null
  const isOpen = consumer?.membership.furtherUnitIds.includes(asked) ?? true
  const unit = await store.findUnit(tenant.name, asked)
  // Whatever is written at the user: a unit of another organisation is not this one's to give.
  if (!isOpen || unit?.organisationId !== organisationId) throw new OAuthError('unit_not_allowed')
  return asked
}

/** @throws OAuthError invalid_scope, invalid_target */
function coverageOf({ key }: Opener, exchange: KeyExchange, { tenant }: IssueDeps): Coverage {
  const everything = tenant.resourceServers.flatMap(({ scopes }) => scopes.map(({ name }) => name))
  const audience = [
    defaultAudience(tenant),
    ...tenant.resourceServers.map((server) => server.audience),
  ]
  const scopes = key === undefined || key.scopes.length === 0 ? everything : key.scopes
  const resources = exchange.resources.length > 0 ? exchange.resources : [defaultAudience(tenant)]
  return narrowGrant({ scopes, audience }, { scopes: exchange.scopes, resources }, tenant)
}

function newGrant(
  { clientId, clientTag, consumer, organisationId }: Opener,
  given: Coverage & { readonly unitId: string | null },
  { tenant, clock }: IssueDeps,
): GrantRecord {
  return {
    tenant: tenant.name,
    id: asGrantId(newTimedId()),
    clientId,
    userId: consumer?.user.id ?? null,
    clientTag,
    userTag: consumer?.user.tag ?? null,
    organisationId,
    ...given,
    authTimeSeconds: null,
    createdAtSeconds: clock.nowSeconds(),
    revokedAtSeconds: null,
  }
}

function noteUse({ key, consumer }: Opener, { deps, log, source }: KeyExchangeContext): void {
  const { tenant, store, clock } = deps
  const nowSeconds = clock.nowSeconds()
  const used: Used[] = []
  if (key) {
    used.push({
      lastUsedAtSeconds: key.lastUsedAtSeconds,
      record: async () => {
        await store.recordApplicationKeyUse(tenant.name, key.id, nowSeconds)
        await rememberCaller(key.id, source, deps)
      },
    })
  }
  if (consumer) {
    const { id, lastUsedAtSeconds } = consumer.identifier
    used.push({
      lastUsedAtSeconds,
      record: async () => {
        await store.recordAccessIdentifierUse(tenant.name, id, nowSeconds)
        await rememberCaller(id, source, deps)
      },
    })
  }
  noteUses(used, { nowSeconds, log })
}
