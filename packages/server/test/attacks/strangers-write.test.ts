// What somebody can make the server write who has proven nothing: places in bounded counts, and no row of their own. The
// methods of the store that such requests reach are compared with the table in docs/architecture.md.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/platform/random.ts'
import { AccountHolder } from '../support/account-holder.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { WEB_APP } from '../support/world.ts'

const ARCHITECTURE = new URL('../../../../docs/architecture.md', import.meta.url)

/** Whatever does not begin so may change something. */
const READS = /^(find|list|read|is|has|watch|load|check|close|clientsSequence|countExpired)/
/** What the server does by itself, whoever asks. */
const HOUSEKEEPING = [
  'takeLease',
  'endLease',
  'deleteExpired',
  'continueEndings',
  'analyseTable',
  'createFirstKeys',
  'rotateKeys',
]

describe.each(STORES)('security L5: strangers on %s', (kind) => {
  let server: TestServer
  const written = new Map<string, unknown[]>()

  beforeAll(async () => {
    server = await startTestServer(kind)
    const { store } = server
    for (const [name, method] of Object.entries(store)) {
      if (typeof method !== 'function' || READS.test(name) || HOUSEKEEPING.includes(name)) continue
      const call = method as (...args: unknown[]) => unknown
      const watched = (...args: unknown[]) => {
        written.set(name, [...(written.get(name) ?? []), args[0]])
        return call(...args)
      }
      Object.assign(store, { [name]: watched })
    }
  })
  afterAll(() => server?.stop())

  const post = (path: string, fields: Record<string, string>, headers = {}) =>
    fetch(server.issuer + path, {
      ...{ method: 'POST', redirect: 'manual', headers },
      body: new URLSearchParams(fields),
    })

  /** With made-up values for everything that is asked for. */
  async function askEverything(): Promise<void> {
    const made = newId()
    for (const client_id of [made, WEB_APP.id]) {
      const asked = { client_id, redirect_uri: WEB_APP.redirectUri, response_type: 'code' }
      for (const [name, value] of [
        ['scope', made],
        ['prompt', 'none'],
        ['code_challenge', made],
      ]) {
        const query = new URLSearchParams({ ...asked, [name as string]: value as string })
        const headers = { 'x-version': '1.7.0', cookie: `session=${made}` }
        await fetch(`${server.issuer}/authorize?${query}`, { redirect: 'manual', headers })
      }
      const secret = { client_id, client_secret: made }
      for (const grant of ['authorization_code', 'refresh_token', 'password', made]) {
        const guessed = { code: made, refresh_token: made, username: made, password: made }
        await post('/token', { ...secret, ...guessed, grant_type: grant })
      }
      for (const path of ['/revoke', '/introspect']) await post(path, { ...secret, token: made })
    }
    const headers = { authorization: `Bearer ${made}` }
    for (const path of ['/userinfo', '/jwks', '/revocations', '/account/apps', '/developers']) {
      await fetch(server.issuer + path, { headers, redirect: 'manual' })
    }
    for (const path of ['/consent', '/sign-out', '/account/apps/remove', '/developers/new']) {
      await post(path, { interaction: made, token: made, decision: 'allow', app: WEB_APP.id })
    }
    const stranger = new AccountHolder(server)
    const page = await stranger.open('/account/sign-in')
    await stranger.browser.submitAndFollow(page, { username: made, password: made })
  }

  it('write counts that are bounded, and nothing else', async () => {
    for (let turn = 0; turn < 3; turn += 1) await askEverything()
    expect([...written.keys()].toSorted()).toEqual(['countFailure', 'reserveTry', 'settleTry'])
  })

  it('have a slot of a bounded number for each purpose, whatever they make up', () => {
    const allowances = [...written.values()].flat().flatMap((input) => {
      const { allowance, allowances = [allowance] } = input as {
        allowance?: { slot: string }
        allowances?: ({ slot: string } | undefined)[]
      }
      return allowances
    })
    expect(allowances.length).toBeGreaterThan(10)
    for (const allowance of allowances) expect(allowance?.slot).toMatch(/^[0-9a-z]{1,4}$/)
  })

  it('have a row of the table for whatever they write', () => {
    const text = readFileSync(ARCHITECTURE, 'utf8')
    const table = text.slice(text.indexOf('## What strangers can write'))
    for (const method of written.keys()) expect(table).toContain(`\`${method}\``)
  })
})
