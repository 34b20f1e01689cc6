// What ends leaves no live token behind, whoever issues at that moment: another node that keeps the app in memory for a
// while longer, with a clock of its own.

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createApplicationKey,
  deleteApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { changePassword, disableUser } from '../../src/operations/users.ts'
import { sha256 } from '../../src/platform/hash.ts'
import { newId } from '../../src/platform/random.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { clockAhead, issueWhileEnding, type Racer } from '../support/ending-race.ts'
import { registerClient } from '../support/register-client.ts'
import {
  type SecondNode,
  STORES,
  startTestServer,
  type TestServer,
} from '../support/start-server.ts'
import { getAnswer, postForm, TestApp } from '../support/test-app.ts'
import { API_SERVER, MACHINE, PASSWORD, type TestClient, WEB_APP } from '../support/world.ts'

const KEY_EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ostiary:params:oauth:token-type:application-key',
}
/** Of several endings at once, each waits for the others: few enough that none waits for too long. */
const AT_ONCE = { sqlite: 20, postgres: 8 }

describe.each(STORES)('security H6: an ending, on %s', (kind) => {
  let server: TestServer
  /** Issues, with a clock that is ahead. */
  let node: SecondNode

  beforeAll(async () => {
    server = await startTestServer(kind, {
      rateLimits: { failedClientAuthenticationsPerMinute: 10_000 },
    })
    node = await server.startSecondNode({ clock: clockAhead(server.clock) })
  })
  afterAll(async () => {
    await node?.close()
    await server?.stop()
  })

  /** @returns the tokens that are live afterwards, and how many there were */
  async function race(racer: Racer): Promise<{ live: string[]; issued: number }> {
    const tokens = await issueWhileEnding(racer)
    return { live: await filterLive(tokens), issued: tokens.length }
  }

  async function filterLive(tokens: readonly string[]): Promise<string[]> {
    const api = new TestApp(server, API_SERVER)
    const lines = await readFeed()
    const live = await Promise.all(
      tokens.map(async (token) => {
        const { active } = (await api.introspect(token)).body
        return active || !isTold(token, lines) ? [token] : []
      }),
    )
    return live.flat()
  }

  async function readFeed(): Promise<Set<string>> {
    const ids = new Set<string>()
    for (let after = 0, more = true; more; ) {
      const { body } = await getAnswer(`${server.issuer}/revocations?after=${after}`)
      for (const { id } of body.revocations) ids.add(id)
      after = body.sequence
      more = body.more
    }
    return ids
  }

  /** Whether an API that follows the feed knows that the token is void, whatever its clock says. */
  function isTold(token: string, lines: ReadonlySet<string>): boolean {
    const { grant_id: grant, rev } = decodeJwt<{
      grant_id: string
      rev: { c: string; u?: string }
    }>(token)
    const subjects = [`grant:${grant}`, `client:${rev.c}`, `user:${rev.u}`]
    return subjects.some((subject) => lines.has(sha256(subject)))
  }

  async function raceManyTimes(
    prepare: () => Promise<Racer>,
    { rounds = Number.POSITIVE_INFINITY, withinMs = Number.POSITIVE_INFINITY },
  ) {
    const startedAt = performance.now()
    const [live, issued]: [string[], number[]] = [[], []]
    while (issued.length < rounds && performance.now() - startedAt < withinMs) {
      const racers = await Promise.all(Array.from({ length: AT_ONCE[kind] }, prepare))
      for (const outcome of await Promise.all(racers.map(race))) {
        live.push(...outcome.live)
        issued.push(outcome.issued)
      }
    }
    return { live, rounds: issued.length, issued: issued.reduce((all, some) => all + some, 0) }
  }

  const askNode = async (client: TestClient, fields: Record<string, string>) => {
    const { status, body } = await new TestApp({ issuer: node.url }, client).token(fields)
    return status === 200 ? body : undefined
  }

  async function newMachine(): Promise<TestClient> {
    const id = `machine-${newId()}`
    const fields = {
      grantTypes: ['client_credentials'],
      scopes: ['contacts:read'],
      defaultScopes: ['contacts:read'],
    }
    return registerClient(server, { id, secret: `secret-of-${id}` }, fields)
  }

  const machineRacer = async (end: (id: string) => Promise<unknown>): Promise<Racer> => {
    const machine = await newMachine()
    return {
      issue: async () =>
        (await askNode(machine, { grant_type: 'client_credentials' }))?.access_token,
      end: () => end(machine.id),
    }
  }

  const keyRacer = async (end: (keyId: string) => Promise<unknown>): Promise<Racer> => {
    const input = { organisationId: 'acme', name: 'racer' }
    const { key, record } = await createApplicationKey(input, server.context)
    const fields = { ...KEY_EXCHANGE, subject_token: key }
    return {
      issue: async () => (await postForm(`${node.url}/token`, fields)).body.access_token,
      end: () => end(record.id),
    }
  }

  const disable = (clientId: string) => disableClient({ clientId }, server.context)
  const remove = (clientId: string) =>
    server.store.deleteClient({ ...holderEndingNow(server), id: asClientId(clientId) })

  it('an app that is disabled has no live token, however many it fetches meanwhile', async () => {
    const limits = kind === 'sqlite' ? { rounds: 200 } : { withinMs: 20_000 }
    const outcome = await raceManyTimes(() => machineRacer(disable), limits)
    expect(outcome.live).toEqual([])
    // Otherwise it would have shown nothing.
    expect(outcome.issued).toBeGreaterThan(outcome.rounds)
  })

  const others: Record<string, () => Promise<Racer>> = {
    'an app that is deleted': () => machineRacer(remove),
    'an application key that is suspended': () =>
      keyRacer((keyId) => suspendApplicationKey({ keyId }, server.context)),
    'an application key that is deleted': () =>
      keyRacer((keyId) => deleteApplicationKey({ keyId }, server.context)),
  }
  it.each(Object.entries(others))('%s has no live token', async (_what, prepare) => {
    const outcome = await raceManyTimes(prepare, { rounds: AT_ONCE[kind] })
    expect(outcome.live).toEqual([])
    expect(outcome.issued).toBeGreaterThanOrEqual(AT_ONCE[kind])
  })

  it.each(['a new password', 'disabling the user'])(
    '%s leaves no live token to an app that refreshes at that moment',
    async (what) => {
      const username = what === 'a new password' ? 'bob' : 'eve'
      const app = new TestApp(server, WEB_APP)
      const organisation = 'acme'
      const tokens = await app.obtainTokens({ user: username, organisation })
      let refreshToken = tokens.refresh_token
      const { live } = await race({
        async issue() {
          const fields = { grant_type: 'refresh_token', refresh_token: refreshToken }
          const body = await askNode(WEB_APP, fields)
          refreshToken = body?.refresh_token ?? refreshToken
          return body?.access_token
        },
        end: () =>
          what === 'a new password'
            ? changePassword({ username, password: `${PASSWORD} again` }, server.context)
            : disableUser({ username }, server.context),
      })
      expect(live).toEqual([])
      expect((await app.refresh(refreshToken)).body.error).toBe('invalid_grant')
    },
  )

  it('others go on: what ends has a tag of its own', async () => {
    const token = (await askNode(MACHINE, { grant_type: 'client_credentials' }))?.access_token
    expect(await filterLive([token])).toEqual([token])
  })
})
