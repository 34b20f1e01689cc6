// An app that gets tokens without asking anybody can revoke them without end, and each is a line that every API holds in
// memory: so there are limits to it, which the nodes of a server share.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowanceOfLines } from '../../src/endpoints/revoke.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { sha256 } from '../../src/platform/hash.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { registerClient } from '../support/register-client.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { type Answer, getAnswer, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, TENANT, type TestClient } from '../support/world.ts'

/** What is left of the allowance when the callers begin. */
const LEFT = 40
const TOO_MANY = 20
/** Of the callers at each node. */
const AT_ONCE = 4
const REDIRECT_URI = 'https://both.example/callback'

describe.each(STORES)('security M3: one app and the feed, on %s', (kind) => {
  let server: TestServer
  let node: SecondNode
  /** Acts for itself, and for people. */
  let client: TestClient
  let app: TestApp

  beforeAll(async () => {
    server = await startTestServer(kind)
    node = await server.startSecondNode()
    const credentials = { id: 'both', secret: 'both-secret-0123456789' }
    client = await registerClient(server, credentials, {
      redirectUris: [REDIRECT_URI],
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      scopes: ['contacts:read'],
      defaultScopes: ['contacts:read'],
    })
    app = new TestApp(server, client)
  })
  afterAll(async () => {
    await node?.close()
    await server?.stop()
  })

  async function mint(by = app): Promise<string> {
    return (await by.token({ grant_type: 'client_credentials' })).body.access_token
  }

  const isActive = async (token: string) => (await app.introspect(token)).body.active
  const lastNumber = async () =>
    (await getAnswer(`${server.issuer}/revocations?after=999999999`)).body.last_sequence

  async function useUpBut(left: number): Promise<void> {
    const allowance = allowanceOfLines(asClientId(client.id))
    const input = { tenant: TENANT, allowance, nowSeconds: server.clock.nowSeconds() }
    for (let i = left; i < allowance.failures; i++) await server.store.countFailure(input)
  }

  /** Whatever the machine is busy with: who is told 503 comes again. */
  async function revoke(token: string, by: TestApp): Promise<Answer> {
    const answer = await by.revoke(token)
    return answer.status === 503 ? await revoke(token, by) : answer
  }

  /** By callers at two nodes, each with the next token as soon as it has its answer. */
  async function revokeAll(tokens: readonly string[]) {
    const nodes = [app, new TestApp({ issuer: node.url }, client)]
    const waiting = tokens.values()
    const answers: { token: string; status: number; retryAfter: number; text: string }[] = []
    const caller = async (at: TestApp) => {
      for (const token of waiting) {
        const { status, headers, text } = await revoke(token, at)
        answers.push({ token, status, retryAfter: Number(headers.get('retry-after')), text })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, () => nodes.map(caller)).flat())
    return answers
  }

  let refused: string[]

  it('a thousand of its tokens end within ten minutes, whatever callers at two nodes race for the last of them', async () => {
    const { failures, windowSeconds } = allowanceOfLines(asClientId(client.id))
    expect({ failures, windowSeconds }).toEqual({ failures: 1000, windowSeconds: 600 })
    await useUpBut(LEFT)
    const tokens: string[] = []
    for (let i = 0; i < LEFT + TOO_MANY; i++) tokens.push(await mint())
    const answers = await revokeAll(tokens)
    const late = answers.filter(({ status }) => status !== 200)
    refused = late.map(({ token }) => token)
    expect(late.length).toBe(TOO_MANY)
    expect(new Set(late.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set([
        '429 {"error":"too_many_requests","error_description":"The client has revoked too many tokens of its own lately. ' +
          'This one is still valid: wait, then revoke it again."}',
      ]),
    )
    for (const { retryAfter } of late) expect(retryAfter).toBeGreaterThan(0)
    for (const { retryAfter } of late) expect(retryAfter).toBeLessThanOrEqual(windowSeconds)

    const { body: page } = await getAnswer(`${server.issuer}/revocations`)
    expect(page.revocations.length).toBe(LEFT)
    const ended = answers.filter(({ status }) => status === 200).map(({ token }) => token)
    expect(page.revocations.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      ended.map((token) => sha256(`grant:${decodeJwt(token).grant_id}`)).toSorted(),
    )
    for (const token of refused) expect(await isActive(token)).toBe(true)
    expect(await isActive(ended[0] ?? '')).toBe(false)
    // What ended before is no news.
    expect((await app.revoke(ended[0] ?? '')).status).toBe(200)
  })

  it('who is refused causes no line, nor takes a number of the feed', async () => {
    // For longer than a node keeps the list of who has used up what.
    server.clock.advance(1)
    const before = await lastNumber()
    for (const { status } of await revokeAll(refused)) expect(status).toBe(429)
    expect(await lastNumber()).toBe(before)
  })

  it('what people have allowed the same app ends all the same, and so do the tokens of other apps', async () => {
    const { access_token, refresh_token } = await app.obtainTokens()
    const second = await app.obtainTokens()
    expect((await app.revoke(access_token)).status).toBe(200)
    expect((await app.revoke(second.refresh_token)).status).toBe(200)
    expect(await isActive(second.access_token)).toBe(false)
    expect((await app.refresh(refresh_token)).status).toBe(400)

    const other = new TestApp(server, MACHINE)
    expect((await other.revoke(await mint(other))).status).toBe(200)
  })

  it('who waits as long as was said revokes the rest', async () => {
    const [first = ''] = refused
    const retryAfter = Number((await app.revoke(first)).headers.get('retry-after'))
    expect(retryAfter).toBeLessThan(600)
    server.clock.advance(retryAfter)
    expect((await app.revoke(first)).status).toBe(200)
    expect(await isActive(first)).toBe(false)
  })

  it('an operator ends all that is left with one line', async () => {
    const api = new TestApp(server, API_SERVER)
    const [, ...left] = refused
    const states = async () => {
      const answers = await Promise.all(left.map((token) => api.introspect(token)))
      return new Set(answers.map(({ body }) => body.active))
    }
    expect(await states()).toEqual(new Set([true]))
    const before = await lastNumber()
    await disableClient({ clientId: client.id }, server.context)
    expect(await lastNumber()).toBe(before + 1)
    expect(await states()).toEqual(new Set([false]))
  })
})
