// Does a move, and writes down what it ends: by what was asked for and answered, never by a look into the store.

import { createHash } from 'node:crypto'
import { approve } from '../../src/authorize/approve.ts'
import { checkAuthorizationRequest } from '../../src/authorize/request.ts'
import { startSession } from '../../src/identity/sessions.ts'
import {
  resumeApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { removeConnectedApp } from '../../src/operations/connected-apps.ts'
import { OperationError } from '../../src/operations/operation.ts'
import { disableUser } from '../../src/operations/users.ts'
import { PageError } from '../../src/protocol/errors.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { parseForm } from '../../src/protocol/params.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { rotateKeys } from '../../src/tokens/keys.ts'
import { MACHINE, STABLE_APP, userIdOf, WEB_APP } from '../support/world.ts'
import type { Move } from './moves.ts'
import { SILENT } from './node.ts'
import { restore } from './restore.ts'
import { type Code, end, endAll, type Owner, type Token } from './tokens.ts'
import { closeNodes, configureNode, newGuard, openNode, openNodes, type World } from './world.ts'

type MoveOf<Name extends Move['do']> = Extract<Move, { do: Name }>
type Act<Name extends Move['do']> = (move: MoveOf<Name>, world: World) => Promise<void>

/** One whose refresh tokens are replaced, and one whose stay. */
const APPS = [WEB_APP, STABLE_APP] as const
const USERNAMES = ['ada', 'bob'] as const
const VERIFIER = 'a-verifier-of-forty-three-characters-or-more'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const KEY_EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ostiary:params:oauth:token-type:application-key',
}
/** How long the same refresh may be asked for again: the policy of every contract here. */
const RETRY_WINDOW_SECONDS = 30

export async function act(move: Move, world: World): Promise<void> {
  await (ACTS[move.do] as Act<Move['do']>)(move, world)
}

const ACTS: { readonly [Name in Move['do']]: Act<Name> } = {
  async fetch({ node, by }, world) {
    const { applicationKey, applicationKeyId } = world.seed
    const { post, deps } = world.nodes[node]
    const path = tokenPathOf(deps)
    const { status, body } =
      by === 'machine'
        ? await post(path, { grant_type: 'client_credentials' }, MACHINE)
        : await post(path, { ...KEY_EXCHANGE, subject_token: applicationKey })
    if (status !== 200) return
    const client = by === 'machine' ? MACHINE.id : applicationKeyId
    keep(body, { client, user: undefined, grant: newGrant(world) }, { world, node })
  },

  async approve({ node, user, app, redeem }, world) {
    const code = await authorize(world, { node, username: USERNAMES[user], client: APPS[app] })
    if (code === undefined) return
    if (redeem) await redeemCode(world, node, code)
    else world.known.codes.push(code)
  },

  async redeem({ node, which }, world) {
    const { codes } = world.known
    const [code] = codes.splice(which % Math.max(codes.length, 1), 1)
    if (code) await redeemCode(world, node, code)
  },

  async refresh({ node, which, spent }, world) {
    const isMeant = ({ kind, spentAtSeconds }: Token) =>
      kind === 'refresh' && (!spent || spentAtSeconds !== undefined)
    const token = pick(world, which, isMeant)
    if (token) await refresh(world, node, token)
  },

  async revoke({ node, which }, world) {
    const token = pick(world, which)
    const client = [...APPS, MACHINE].find(({ id }) => id === token?.owner.client)
    if (token === undefined || client === undefined) return
    const { post, deps } = world.nodes[node]
    // Of a token that is not known as such any more, nobody can say what it belonged to.
    const isKnown = await isActive(world, node, token)
    const { status } = await post(deps.contract.paths.revoke ?? '', { token: token.text }, client)
    if (status === 200 && isKnown) endAll(world.known, 'revoked', sameGrant(token))
  },

  async disconnect({ node, user, app }, world) {
    const clientId = asClientId(APPS[app].id)
    const context = { ...contextOf(world, node), userId: userIdOf(USERNAMES[user]) }
    const wasConnected = await removeConnectedApp({ clientId, organisationId: null }, context)
    if (!wasConnected) return
    endAll(
      world.known,
      'disconnected',
      (owner) => owner.client === clientId && owner.user === USERNAMES[user],
    )
  },

  async 'disable app'({ node, app }, world) {
    const { id: clientId } = app === 'machine' ? MACHINE : APPS[app]
    if (!(await isDone(disableClient({ clientId }, contextOf(world, node))))) return
    world.known.ended.add(clientId)
    endAll(world.known, 'its app is disabled', ({ client }) => client === clientId)
  },

  async 'disable user'({ node, user }, world) {
    const username = USERNAMES[user]
    if (!(await isDone(disableUser({ username }, contextOf(world, node))))) return
    world.known.ended.add(username)
    endAll(world.known, 'its user is disabled', (owner) => owner.user === username)
  },

  async 'change password'({ node, user }, world) {
    const { store, deps } = world.nodes[node]
    const username = USERNAMES[user]
    // The operation would hash it first, which is made to be slow; no sign-in comes after it.
    const passwordHash = `$argon2id$of-grant-${world.known.grants}`
    const ending = { ...holderEndingNow(deps), userId: userIdOf(username), passwordHash }
    await store.changePassword(ending)
    endAll(world.known, 'its user has another password', (owner) => owner.user === username)
  },

  async 'suspend key'({ node }, world) {
    const { applicationKeyId: keyId } = world.seed
    if (!(await isDone(suspendApplicationKey({ keyId }, contextOf(world, node))))) return
    world.known.ended.add(keyId)
    endAll(world.known, 'its key is suspended', ({ client }) => client === keyId)
  },

  async 'resume key'({ node }, world) {
    const { applicationKeyId: keyId } = world.seed
    if (await isDone(resumeApplicationKey({ keyId }, contextOf(world, node)))) {
      world.known.ended.delete(keyId)
    }
  },

  async configure({ do: _, ...settings }, world) {
    const isSameContract = settings.contract === world.settings.contract
    world.settings = settings
    world.nodes = [configureNode(world, 0), configureNode(world, 1)]
    if (isSameContract) return
    world.guard.close()
    world.guard = newGuard(world)
  },

  async 'rotate keys'({ node }, world) {
    await rotateKeys(world.nodes[node].keyDeps)
  },

  async 'clean up'({ node }, world) {
    const { store, deps } = world.nodes[node]
    await store.deleteExpired(deps.clock.nowSeconds(), 500)
  },

  async restart({ what }, world) {
    if (what === 'api') {
      world.guard.close()
      world.guard = newGuard(world)
      return
    }
    await world.nodes[what].store.close()
    const node = await openNode(world, what)
    world.nodes = what === 0 ? [node, world.nodes[1]] : [world.nodes[0], node]
  },

  async 'back up'(_move, world) {
    const { place } = world
    if (!place.copiesWhileOpen) await closeNodes(world)
    await place.backUp()
    if (!place.copiesWhileOpen) world.nodes = await openNodes(world)
    world.backup = { ended: new Set(world.known.ended) }
  },

  restore,

  async step({ what, seconds }, { machines }) {
    const machine = what === 'api' ? machines.api : machines.nodes[what]
    machine.step(seconds)
  },

  async wait({ seconds }, { clocks }) {
    clocks.pass(seconds)
  },

  async feed({ isAway }, world) {
    world.isFeedAway = isAway
  },
}

async function authorize(
  world: World,
  who: { node: 0 | 1; username: (typeof USERNAMES)[number]; client: (typeof APPS)[number] },
): Promise<Code | undefined> {
  const { deps, store } = world.nodes[who.node]
  const user = await store.findUser(deps.tenant.name, userIdOf(who.username))
  if (!user || user.disabledAtSeconds !== null) return undefined
  const occasion = { requestId: 'request-1', log: SILENT }
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: who.client.id, redirect_uri: who.client.redirectUri },
    ...{ scope: 'contacts:read', code_challenge: CHALLENGE, code_challenge_method: 'S256' },
  })
  try {
    const request = await checkAuthorizationRequest(parseForm(String(query)), deps, occasion)
    if ('refusal' in request) return undefined
    const here = { user, present: [], userAgent: undefined, address: '192.0.2.1' }
    const { account } = await startSession(here, deps)
    const { scopes } = request
    const approval = { request, account, scopes, membership: undefined, interaction: undefined }
    const reply = await approve({ ...approval, answered: true, ...occasion }, deps)
    if (reply === 'already_decided') return undefined
    const owner = { client: who.client.id, user: who.username, grant: newGrant(world) }
    return { text: reply.fields.code ?? '', owner, hasEnded: false }
  } catch (error) {
    // A page that says no.
    if (error instanceof PageError) return undefined
    throw error
  }
}

async function redeemCode(world: World, node: 0 | 1, { text, owner, hasEnded }: Code) {
  const client = APPS.find(({ id }) => id === owner.client)
  const { post, deps } = world.nodes[node]
  const redirect = client?.redirectUri ?? ''
  const { status, body } = await post(
    tokenPathOf(deps),
    {
      grant_type: 'authorization_code',
      code: text,
      redirect_uri: redirect,
      code_verifier: VERIFIER,
    },
    client,
  )
  if (status !== 200) return
  const tokens = keep(body, owner, { world, node })
  if (hasEnded) for (const token of tokens) end(token, 'its code had ended')
}

async function refresh(world: World, node: 0 | 1, token: Token): Promise<void> {
  const client = APPS.find(({ id }) => id === token.owner.client)
  const { post, deps } = world.nodes[node]
  const now = deps.clock.nowSeconds()
  const fields = { grant_type: 'refresh_token', refresh_token: token.text }
  const { status, body } = await post(tokenPathOf(deps), fields, client)
  if (status !== 200) {
    // RFC 9700 §4.14.2: whoever presents what was spent may be a thief, or may have been robbed.
    const isReuse = token.spentAtSeconds !== undefined && body.reason !== 'refresh_retry_differs'
    const isLate = now - (token.spentAtSeconds ?? now) > RETRY_WINDOW_SECONDS
    if (isReuse && isLate && client !== undefined && !world.known.ended.has(client.id)) {
      endAll(world.known, 'a spent token was presented', sameGrant(token))
    }
    return
  }
  if (token.inactive !== undefined && body.refresh_token !== token.successor) {
    throw new Error(`${token.name} gave new tokens, though it was inactive: ${token.inactive}`)
  }
  const isRetry = body.refresh_token === token.successor
  if (!isRetry) keep(body, token.owner, { world, node })
  // A stable one is given again.
  if (isRetry || body.refresh_token === token.text) return
  token.successor = body.refresh_token
  token.spentAtSeconds = now
  end(token, 'it was spent')
}

/** Whether introspection knows it as good at this moment, whatever the law says. */
async function isActive(world: World, node: 0 | 1, token: Token): Promise<boolean> {
  const client = [...APPS, MACHINE].find(({ id }) => id === token.owner.client)
  const { post, deps } = world.nodes[node]
  const { body } = await post(deps.contract.paths.introspect, { token: token.text }, client)
  return body.active === true
}

function keep(
  body: { access_token: string; refresh_token?: string },
  owner: Owner,
  { world, node }: { world: World; node: 0 | 1 },
): readonly Token[] {
  const { known, settings, machines } = world
  const issuedAtSeconds = machines.nodes[node].nowSeconds()
  const base = { owner, issuedAtSeconds, contract: settings.contract, isToldToApi: false } as const
  const unknown = {
    hasExpired: false,
    expiresAtSeconds: undefined,
    inactive: undefined,
    spentAtSeconds: undefined,
    successor: undefined,
  }
  const texts = [
    ['access', body.access_token],
    ['refresh', body.refresh_token],
  ] as const
  const tokens = texts.flatMap(([kind, text]): Token[] => {
    const isNew = text !== undefined && !known.tokens.some((token) => token.text === text)
    const name = `${kind} token ${known.tokens.length} of ${owner.client}${owner.user ? ` for ${owner.user}` : ''}`
    return isNew ? [{ ...base, ...unknown, kind, text, name }] : []
  })
  for (const token of tokens) {
    const holder = [owner.client, owner.user].find(
      (each) => each !== undefined && known.ended.has(each),
    )
    if (holder !== undefined) end(token, `${holder} had ended before it was issued`)
  }
  known.tokens.push(...tokens)
  return tokens
}

function pick(
  { known }: World,
  which: number,
  isMeant: (token: Token) => boolean = () => true,
): Token | undefined {
  const tokens = known.tokens.filter(isMeant)
  // The latest first: those are the ones that can be in many states.
  return tokens.at(-1 - (which % Math.max(tokens.length, 1)))
}

const sameGrant =
  ({ owner }: Token) =>
  ({ grant }: Owner) =>
    grant === owner.grant

function newGrant({ known }: World): number {
  known.grants += 1
  return known.grants
}

function tokenPathOf({ contract }: World['nodes'][0]['deps']): string {
  return contract.paths.token ?? ''
}

function contextOf({ nodes }: World, node: 0 | 1) {
  const { store, deps } = nodes[node]
  return { tenant: deps.tenant, clock: deps.clock, store, actor: 'operator' }
}

/** @returns false when there was nothing to do */
async function isDone(operation: Promise<unknown>): Promise<boolean> {
  try {
    await operation
    return true
  } catch (error) {
    if (error instanceof OperationError) return false
    throw error
  }
}
