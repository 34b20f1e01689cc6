// Tokens must belong to who asked: the app that proved itself, and the user whose code, token or key was presented.

import { type PlainAnswer, sendRequest } from '../support/http-request.ts'
import type { TestServer } from '../support/start-server.ts'
import { basic } from '../support/test-app.ts'
import { isGranting, know, type Parties, type Party, type Presented } from './parties.ts'
import type { Request } from './request-plan.ts'

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
}

/** What the server says of a token. */
interface Claims {
  readonly client_id: string
  readonly sub: string
  readonly scope?: string
}

interface World {
  readonly server: TestServer
  readonly parties: Parties
}

/** @returns in words, what is wrong with the tokens in an answer; whose they are learns them */
export async function tokenProblems(
  { request, answer }: { request: Request; answer: PlainAnswer },
  world: World,
): Promise<readonly string[]> {
  const body = bodyOf(answer)
  if (body?.active === true) return introspectionProblems(request, body as Body & Claims)
  const tokens = body && tokensIn(body)
  if (tokens === undefined) return []
  const claims = await askAbout(tokens.access_token, world)
  // Another request has ended it meanwhile.
  if (claims === undefined) return []
  learn(tokens, claims, world.parties)
  const codes = request.presented.filter(({ member }) => member === 'code')
  const again = codes.some(({ value }) => world.parties.spentCodes.has(value))
  for (const { value } of codes) world.parties.spentCodes.add(value)
  const problems = findWrong(claims, request.presented, world)
  return again ? [...problems, 'a token for a code that was redeemed before'] : problems
}

/** RFC 7662 §4: to the API, and to the app whose token it is, once they have proven themselves. */
function introspectionProblems({ presented }: Request, { client_id: clientId }: Claims): string[] {
  const mayKnow = presented.some(
    ({ party, member }) =>
      member === 'client_secret' &&
      (party.clientId === undefined || party.clientId === clientId) &&
      presented.some((other) => other.party === party && other.member === 'client_id'),
  )
  return mayKnow ? [] : [`somebody else is told about a token of ${clientId}`]
}

interface Body {
  readonly active?: unknown
  readonly access_token?: unknown
  readonly data?: { readonly token?: unknown }
}

function bodyOf({ status, headers, text }: PlainAnswer): Body | undefined {
  const isJson = headers['content-type']?.startsWith('application/json')
  // An answer to HEAD has a type and no text.
  return status === 200 && isJson && text !== '' ? JSON.parse(text) : undefined
}

function tokensIn(body: Body): Tokens | undefined {
  if (typeof body.data?.token === 'string') return { access_token: body.data.token }
  return typeof body.access_token === 'string' ? (body as Tokens) : undefined
}

/** RFC 7662 §2.1: the API may know, or else the app that holds it. */
async function askAbout(token: string, { server, parties }: World): Promise<Claims | undefined> {
  for (const { members } of parties.all.toReversed()) {
    const [id] = members.get('client_id') ?? []
    const [secret] = members.get('client_secret') ?? []
    if (id === undefined || secret === undefined) continue
    const { text } = await sendRequest(server.issuer + server.paths.introspect, {
      method: 'POST',
      headers: {
        authorization: basic(id, secret),
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token }).toString(),
    })
    const answer = JSON.parse(text)
    if (answer.active === true) return answer
  }
  return undefined
}

function learn(tokens: Tokens, { client_id: clientId, sub }: Claims, parties: Parties): void {
  const owner = parties.ofClient(clientId).find(({ userId = clientId }) => userId === sub)
  if (!owner) return
  know(owner, 'access_token', tokens.access_token)
  know(owner, 'refresh_token', tokens.refresh_token)
  know(owner, 'id_token', tokens.id_token)
}

function findWrong(
  claims: Claims,
  presented: readonly Presented[],
  { server, parties }: World,
): readonly string[] {
  const { client_id: clientId, sub, scope = '' } = claims
  const problems: string[] = []
  const nameSuffices = server.tenant.policy.pkce.insteadOfSecret
  const proves = ({ party, member }: Presented) =>
    party.clientId === clientId &&
    (member === 'client_secret' ||
      member === 'application_key' ||
      (member === 'client_id' && (party.isPublic || nameSuffices)))
  if (!presented.some(proves)) problems.push(`a token for ${clientId}, which has not proven itself`)
  const owners = sub === clientId ? parties.ofClient(clientId) : ownersOf(claims, presented)
  if (owners.length === 0)
    problems.push(`a token for ${sub} and ${clientId}, whom nobody presented`)
  const allowed = new Set(owners.flatMap(({ scopes }) => scopes))
  const beyond = scope.split(' ').filter((each) => each !== '' && !allowed.has(each))
  if (owners.length > 0 && beyond.length > 0) problems.push(`a token for ${beyond.join(' ')}`)
  return problems
}

/** Codes and refresh tokens are bound to their app; a user's authentication code works with any key. */
function ownersOf(
  { client_id: clientId, sub }: Claims,
  presented: readonly Presented[],
): readonly Party[] {
  return presented
    .filter(isGranting)
    .filter(({ party, member }) => {
      const isBound = member === 'code' || member === 'refresh_token'
      return party.userId === sub && (!isBound || party.clientId === clientId)
    })
    .map(({ party }) => party)
}
