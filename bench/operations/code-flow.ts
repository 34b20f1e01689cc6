// A signed-in user who has allowed the app before comes by (RFC 6749 §4.1, RFC 7636): authorize, then token. One turn
// is both requests, with a PKCE pair of its own.

import { createHash, randomBytes } from 'node:crypto'
import type { Answer } from '../load/connection.ts'
import { getRequest, openPost } from '../load/request.ts'
import { type CodeFlow, type CodeFlowApp, PROBE_SESSIONS, type Target } from '../load/target.ts'
import { expect, type Flow, type Operation, type Preparation, readMember } from './operation.ts'

const CODE = /\r\nlocation: *[^\r]*[?&]code=([^&\r]+)/i

export const codeFlow: Operation = {
  name: 'code-flow',
  isOffered: ({ codeFlow }) => codeFlow !== undefined,
  prepare: async ({ target, connections }) => ({
    flows: Array.from({ length: connections }, (_, index) => createFlow(target, index)),
  }),
}

interface Pair {
  readonly verifier: string
  readonly challenge: string
}

function createPair(): Pair {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

function createFlow(target: Target, index: number): Flow {
  const roads = createRoads(target, index)
  let turns = index
  let road = roads[0] as Road
  let pair = createPair()
  let redeeming = false
  return {
    begin() {
      road = roads[turns++ % roads.length] as Road
      pair = createPair()
      redeeming = false
      return road.authorize(pair)
    },
    take(answer) {
      if (!redeeming) {
        redeeming = true
        return road.token(readCode(answer), pair)
      }
      expect(answer, 200, '"access_token":"')
      return undefined
    },
  }
}

type Road = ReturnType<typeof createRoad>

/** Those of one user, by one app after the other. */
function createRoads(target: Target, index: number): readonly Road[] {
  const { authorize, token, sessions, furtherApps = [] } = offered(target)
  const own = PROBE_SESSIONS + (index % (sessions.length - PROBE_SESSIONS))
  const cookie = sessions[own] as string
  return [{ authorize, token }, ...furtherApps].map((app) => createRoad(target, app, cookie))
}

function createRoad(target: Target, { authorize, token }: CodeFlowApp, cookie: string) {
  const headers = { ...authorize.headers, cookie }
  const redeem = openPost(target, token)
  return {
    authorize: ({ challenge }: Pair) =>
      getRequest(target, { path: `${authorize.path}&code_challenge=${challenge}`, headers }),
    token: (code: string, { verifier }: Pair) => redeem(`&code=${code}&code_verifier=${verifier}`),
  }
}

function readCode(answer: Answer): string {
  const code = CODE.exec(answer.head)?.[1]
  if (code !== undefined && (answer.status === 302 || answer.status === 303)) return code
  throw new Error(`no code in ${answer.head}\n\n${answer.body.slice(0, 1000)}`)
}

/** One refresh token for each connection, each of a grant of its own. */
export async function mintRefreshTokens({ target, asks }: Preparation): Promise<string[]> {
  return Promise.all(
    asks.map(async (ask, index) => {
      const road = createRoads(target, index)[0] as Road
      const pair = createPair()
      const code = readCode(await ask(road.authorize(pair)))
      const answer = await ask(road.token(code, pair))
      expect(answer, 200)
      return readMember(answer, 'refresh_token')
    }),
  )
}

function offered({ codeFlow: flow }: Target): CodeFlow {
  if (flow === undefined) throw new Error('the subject does not offer this operation')
  return flow
}
