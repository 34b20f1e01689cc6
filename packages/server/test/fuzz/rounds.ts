// Fuzzes one tenant, round by round. Each round brings fresh parties, sends so many requests from several lanes at once,
// and then looks at what remains: a server that is well, and a log without secrets.

import fc from 'fast-check'
import { sendRequest } from '../support/http-request.ts'
import type { TestServer } from '../support/start-server.ts'
import { problemsOf } from './answer-rules.ts'
import { bringParties } from './cast.ts'
import { harvest } from './harvest.ts'
import { CANARY, planArbitrary } from './mutations.ts'
import type { Parties } from './parties.ts'
import { exchangeBytes, type RawPlan, rawArbitrary, rawProblems, renderBytes } from './raw-bytes.ts'
import { type Plan, type Request, render } from './request-plan.ts'
import { listTemplates } from './templates.ts'
import { tokenProblems } from './token-rules.ts'

export interface FuzzInput {
  readonly requests: number
  readonly seed: number
  readonly onRound?: (sent: number, answers: ReadonlyMap<number, number>) => void
}

const LANES = 4
/** Codes are spent and chains of refresh tokens end: after some hundreds nothing is left to get wrong. */
const REQUESTS_PER_ROUND = 400
/** One lane of these sends bytes, the others requests. */
const RAW_SHARE = 0.2
const PATIENCE_MS = 10_000
/** Between rounds: whoever was locked out or slowed down starts anew. */
const PAUSE_SECONDS = 7200

/** @returns how often each status was answered. @throws Error with the smallest request that breaks a rule */
export async function fuzz(
  server: TestServer,
  { requests, seed, onRound }: FuzzInput,
): Promise<ReadonlyMap<number, number>> {
  const answers = new Map<number, number>()
  const plans = planArbitrary(listTemplates(server))
  for (let sent = 0, round = 0; sent < requests; round += 1) {
    const count = Math.min(REQUESTS_PER_ROUND, requests - sent)
    const parties = await bringParties(server)
    const world = { server, parties, answers }
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      runLane(plans, world, {
        seed: seed + round * LANES + lane,
        requests: Math.ceil(count / LANES),
      }),
    )
    await Promise.all(lanes)
    await lookAfter(world)
    sent += count
    server.clock.advance(PAUSE_SECONDS)
    onRound?.(sent, answers)
  }
  return answers
}

interface World {
  readonly server: TestServer
  readonly parties: Parties
  readonly answers: Map<number, number>
}

async function runLane(
  plans: fc.Arbitrary<Plan>,
  world: World,
  { seed, requests }: { seed: number; requests: number },
): Promise<void> {
  const raw = Math.floor(requests * RAW_SHARE)
  const tellAll = (problems: readonly string[]) => {
    if (problems.length > 0) throw new Error(problems.join('; '))
  }
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => tellAll(await tryPlan(plan, world))),
    { seed, numRuns: requests - raw },
  )
  if (raw === 0) return
  await fc.assert(
    fc.asyncProperty(rawArbitrary(plans), async (plan) => tellAll(await tryBytes(plan, world))),
    { seed, numRuns: raw },
  )
}

/** @returns in words, which rules the answer breaks */
async function tryPlan(plan: Plan, world: World): Promise<readonly string[]> {
  const { server, parties, answers } = world
  const request = render(plan, parties)
  const answer = await send(request, server)
  if (answer === 'unsendable') return []
  if (answer === 'unanswered') return ['no answer']
  answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
  const exchange = { request, answer }
  const problems = [
    ...problemsOf(exchange, { server, parties }),
    ...(await tokenProblems(exchange, { server, parties })),
  ]
  harvest(answer, request, parties)
  return problems
}

async function send({ method, target, headers, body }: Request, { url }: TestServer) {
  const { port } = new URL(url)
  const sent = headers.map(([name, value]) => [name, value.replaceAll('{PORT}', port)] as const)
  try {
    return await sendRequest(url, {
      method,
      path: target,
      headers: { ...Object.fromEntries(sent), ...(body && { 'content-length': body.length }) },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body && { body }),
    })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    // Not even node:http sends such a header or path: that is left to the bytes.
    if (UNSENDABLE.includes(code)) return 'unsendable'
    // The server has refused before it had read everything.
    if (code === 'ECONNRESET' || code === 'EPIPE') return 'unsendable'
    if (error instanceof Error && error.name === 'TimeoutError') return 'unanswered'
    throw error
  }
}

const UNSENDABLE = ['ERR_INVALID_CHAR', 'ERR_UNESCAPED_CHARACTERS', 'ERR_INVALID_HTTP_TOKEN']

async function tryBytes(plan: RawPlan, { server, parties }: World): Promise<readonly string[]> {
  const bytes = renderBytes(plan, parties, new URL(server.url).host)
  return rawProblems(await exchangeBytes(server.url, bytes))
}

/** @throws Error when the server is not well, or has written down what it must not */
async function lookAfter({ server, parties }: World): Promise<void> {
  const { status } = await sendRequest(`${server.url}/readyz`)
  if (status !== 200) throw new Error(`after a round the server is not ready: ${status}`)
  if ('polluted' in {} || 'value' in {}) throw new Error('the prototype of all objects has changed')
  const log = server.logLines.join('')
  if (log.includes(CANARY)) throw new Error(`the log says what was sent: ${lineWith(log, CANARY)}`)
  for (const { party, member, value } of parties.secrets()) {
    if (value.length >= 16 && log.includes(value)) {
      throw new Error(`the log holds the ${member} of ${party.name}: ${lineWith(log, value)}`)
    }
  }
  if (log.includes('"level":"error"')) throw new Error(lineWith(log, '"level":"error"'))
  server.forgetLog()
}

function lineWith(log: string, text: string): string {
  return log.split('\n').find((line) => line.includes(text)) ?? ''
}
