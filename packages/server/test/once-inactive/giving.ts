// What gives tokens, each for something else: a code, a refresh token, a password, a key, a JWT.

import { createHash } from 'node:crypto'
import { approve } from '../../src/authorize/approve.ts'
import { checkAuthorizationRequest } from '../../src/authorize/request.ts'
import { startSession } from '../../src/identity/sessions.ts'
import { PageError } from '../../src/protocol/errors.ts'
import { parseForm } from '../../src/protocol/params.ts'
import { MACHINE, PASSWORD, type TestClient, userIdOf } from '../support/world.ts'
import {
  APPS,
  BROWSER_APP,
  CONFIDENTIAL_APPS,
  DESKTOP_APP,
  USERNAMES,
  type Username,
} from './apps.ts'
import {
  fromTheLatest,
  keep,
  newGrant,
  pick,
  sameGrant,
  tokenPathOf,
  type Where,
} from './keeping.ts'
import type { MoveName, MoveOf } from './moves.ts'
import { SILENT } from './node.ts'
import { type Code, end, endAll, type Token, yesOf } from './tokens.ts'
import type { World } from './world.ts'

export type Acts<Names extends MoveName> = {
  readonly [Name in Names]: (move: MoveOf<Name>, world: World) => Promise<void>
}

const VERIFIER = 'a-verifier-of-forty-three-characters-or-more'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const KEY_EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ostiary:params:oauth:token-type:application-key',
}
/** How long the same refresh may be asked for again: the policy of every contract here. */
const RETRY_WINDOW_SECONDS = 30

export const GIVING: Acts<
  | 'fetch'
  | 'approve'
  | 'approve in the browser'
  | 'redeem'
  | 'refresh'
  | 'sign in by password'
  | 'replay a code'
> = {
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
    const fields = await authorize(
      { username: USERNAMES[user], client: APPS[app] },
      { response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' },
      { world, node },
    )
    if (fields?.code === undefined) return
    const owner = { client: APPS[app].id, user: USERNAMES[user], grant: newGrant(world) }
    const code = { text: fields.code, owner, hasEnded: false }
    if (redeem) await redeemCode(code, { world, node })
    else world.known.codes.push(code)
  },

  async 'approve in the browser'({ node, user }, world) {
    const who = { username: USERNAMES[user], client: BROWSER_APP }
    const fields = await authorize(who, { response_type: 'token' }, { world, node })
    if (fields?.access_token === undefined) return
    const owner = { client: BROWSER_APP.id, user: USERNAMES[user], grant: newGrant(world) }
    keep({ access_token: fields.access_token }, owner, { world, node })
  },

  async redeem({ node, which }, world) {
    const { codes } = world.known
    const [code] = codes.splice(which % Math.max(codes.length, 1), 1)
    if (code) await redeemCode(code, { world, node })
  },

  async refresh({ node, which, spent }, world) {
    const isMeant = ({ kind, spentAtSeconds }: Token) =>
      kind === 'refresh' && (!spent || spentAtSeconds !== undefined)
    const token = pick(world, which, isMeant)
    if (token) await refresh(token, { world, node })
  },

  async 'sign in by password'({ node, user }, world) {
    const { post, deps } = world.nodes[node]
    const username = USERNAMES[user]
    const fields = { grant_type: 'password', username, password: PASSWORD }
    const { status, body } = await post(tokenPathOf(deps), fields, DESKTOP_APP)
    if (status !== 200) return
    const owner = { client: DESKTOP_APP.id, user: username, grant: newGrant(world) }
    keep(body, owner, { world, node })
  },

  async 'replay a code'({ node, which }, world) {
    const code = fromTheLatest(world.known.spentCodes, which)
    if (code === undefined) return
    const { status, body } = await present(code, { world, node })
    if (status === 200) throw new Error(`a code of ${code.owner.client} was redeemed twice`)
    // RFC 6749 §4.1.2: one of the two who had it stole it, unless it is soon. Where it has expired, or is forgotten, nobody can tell.
    if (body.reason !== 'code_replayed') return
    endAll(world.known, 'its code was presented again', sameGrant(code))
  },
}

/** @returns what the app gets by the browser; undefined when the answer is no */
async function authorize(
  { username, client }: { readonly username: Username; readonly client: TestClient },
  asked: Readonly<Record<string, string>>,
  { world, node }: Where,
): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  const { deps, store } = world.nodes[node]
  const user = await store.findUser(deps.tenant.name, userIdOf(username))
  if (!user || user.disabledAtSeconds !== null) return undefined
  const occasion = { requestId: 'request-1', log: SILENT }
  const query = new URLSearchParams({
    ...{ client_id: client.id, redirect_uri: client.redirectUri, scope: 'contacts:read' },
    ...asked,
  })
  try {
    const request = await checkAuthorizationRequest(parseForm(String(query)), deps, occasion)
    if ('refusal' in request) return undefined
    const here = { user, present: [], userAgent: undefined, address: '192.0.2.1' }
    const { account } = await startSession(here, deps)
    const { scopes } = request
    const approval = { request, account, scopes, membership: undefined, interaction: undefined }
    const approving = { ...deps, codeLimit: { allowanceFor: async () => null } }
    const reply = await approve({ ...approval, answered: true, ...occasion }, approving)
    if (reply === 'already_decided') return undefined
    world.known.takenBack.delete(yesOf(username, client.id))
    return reply.fields
  } catch (error) {
    // A page that says no.
    if (error instanceof PageError) return undefined
    throw error
  }
}

function present({ text, owner }: Code, { world, node }: Where) {
  const client = APPS.find(({ id }) => id === owner.client)
  const { post, deps } = world.nodes[node]
  const fields = { code: text, redirect_uri: client?.redirectUri ?? '', code_verifier: VERIFIER }
  return post(tokenPathOf(deps), { grant_type: 'authorization_code', ...fields }, client)
}

async function redeemCode(code: Code, where: Where): Promise<void> {
  const { status, body } = await present(code, where)
  if (status !== 200) return
  where.world.known.spentCodes.push(code)
  const tokens = keep(body, code.owner, where)
  if (code.hasEnded) for (const token of tokens) end(token, 'its code had ended')
}

async function refresh(token: Token, where: Where): Promise<void> {
  const { world, node } = where
  const client = CONFIDENTIAL_APPS.find(({ id }) => id === token.owner.client)
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
  if (!isRetry) keep(body, token.owner, where)
  // A stable one is given again.
  if (isRetry || body.refresh_token === token.text) return
  token.successor = body.refresh_token
  token.spentAtSeconds = now
  end(token, 'it was spent')
}
