// The law: once inactive, never active again. Inactive is what was revoked, spent, disabled or withdrawn, as soon as the
// answer to whoever did it is there, and what introspection or the API once called so. What has expired, is of another
// contract's format or cannot be judged at the moment (503) is not meant.

import type { TokenError } from '@ostiary/resource'
import { asClientId } from '../../src/protocol/ids.ts'
import { API_SERVER, userIdOf } from '../support/world.ts'
import { CONFIDENTIAL_APPS } from './apps.ts'
import { end, type Token } from './tokens.ts'
import type { World } from './world.ts'

/** Asks about every token that there ever was, at the nodes in turn and at the API. @throws LawBroken */
export async function uphold(world: World, step: number): Promise<void> {
  const { guard, known } = world
  await world.copy.follow()
  await guard.catchUp()
  const hasRead = guard.status().feed.lastError === undefined
  for (const [index, token] of known.tokens.entries()) {
    await askNodes(world, token, (step + index) % 2 === 0 ? [0, 1] : [1, 0])
  }
  if (hasRead) for (const token of known.tokens) token.isToldToApi = token.inactive !== undefined
  for (const token of known.tokens) {
    if (token.kind === 'access' && token.contract === world.settings.contract) {
      await askApi(world, token)
    }
  }
  await askForConsents(world)
}

/** What a user took back, an app does not have again before the user is asked. */
async function askForConsents({ known, nodes }: World): Promise<void> {
  const [{ store, deps }] = nodes
  for (const yes of known.takenBack) {
    const [username, clientId] = JSON.parse(yes)
    const key = { userId: userIdOf(username), clientId: asClientId(clientId), organisationId: null }
    const consent = await store.findConsent({ tenant: deps.tenant.name, ...key })
    if (consent) throw new LawBroken(`${clientId} may go on without asking ${username}`)
  }
}

/** The second node, too, about what was just issued: otherwise all could be inactive, and the law be easy to keep. */
async function askNodes(
  world: World,
  token: Token,
  [first, second]: [0 | 1, 0 | 1],
): Promise<void> {
  const isNew = token.expiresAtSeconds === undefined
  await askNode(world, token, first)
  if (isNew && token.inactive === undefined) await askNode(world, token, second)
}

class LawBroken extends Error {
  override readonly name = 'LawBroken'
}

async function askNode(world: World, token: Token, index: 0 | 1): Promise<void> {
  const node = world.nodes[index]
  const who = token.kind === 'access' ? API_SERVER : clientOf(token)
  const path = node.deps.contract.paths.introspect
  const { status, body } = await node.post(path, { token: token.text }, who)
  // The app is disabled, and may not ask any more.
  if (status !== 200) return
  if (body.active === true) {
    if (token.inactive !== undefined) {
      throw new LawBroken(`node ${index} calls ${token.name} active: ${token.inactive}`)
    }
    token.expiresAtSeconds = body.exp
    return
  }
  if (isMeant(world, token, index)) end(token, `node ${index} called it inactive`)
}

/** Whether what introspection called inactive is so for good. */
function isMeant({ known, machines, settings }: World, token: Token, node: 0 | 1): boolean {
  const now = machines.nodes[node].nowSeconds()
  if (now >= (token.expiresAtSeconds ?? Number.POSITIVE_INFINITY)) token.hasExpired = true
  if (token.hasExpired || token.contract !== settings.contract) return false
  const isNew = token.expiresAtSeconds === undefined && token.inactive === undefined
  // A clock that is behind dates tokens before the restore that voids them.
  if (isNew && token.issuedAtSeconds > known.voidUntilSeconds) {
    throw new LawBroken(`node ${node} calls ${token.name} inactive from the start`)
  }
  return true
}

/** Of a token of the issuer's own: then the API would let nobody in, and keep the law by that. */
const UNREADABLE: ReadonlySet<string> = new Set<TokenError['reason']>([
  'keys_unavailable',
  'token_malformed',
  'token_type_wrong',
  'algorithm_not_allowed',
  'signature_invalid',
  'claims_invalid',
  'issuer_mismatch',
  'audience_mismatch',
])

async function askApi(world: World, token: Token): Promise<void> {
  const credentials = { authorization: `Bearer ${token.text}`, url: undefined }
  const { ok, error } = await world.guard.authorize(credentials, {}, undefined)
  if (ok) {
    if (token.inactive !== undefined && token.isToldToApi) {
      throw new LawBroken(`the API lets ${token.name} in: ${token.inactive}`)
    }
    return
  }
  if (UNREADABLE.has(error.reason))
    throw new Error(`the API cannot read ${token.name}`, { cause: error })
  const isRefused =
    error.reason === 'token_revoked' ||
    (error.reason === 'token_inactive' && isMeant(world, token, 0))
  if (!isRefused) return
  end(token, 'the API called it inactive')
  token.isToldToApi = true
}

function clientOf({ owner }: Token) {
  return CONFIDENTIAL_APPS.find(({ id }) => id === owner.client)
}
