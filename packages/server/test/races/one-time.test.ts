// One-time means once: racing callers over HTTP, on SQLite against one process, on PostgreSQL against two.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort } from '../support/free-port.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { STORES } from '../support/start-server.ts'
import { type Answer, TestApp, type TokenSet } from '../support/test-app.ts'
import { API_SERVER, WEB_APP } from '../support/world.ts'

const RETRY_WINDOW_SECONDS = 3

describe.each(STORES)('races on %s', (kind) => {
  let deployment: Deployment
  let processes: readonly ServerProcess[]
  /** One view of the app per process, all of them with the same issuer. */
  let apps: readonly TestApp[]

  beforeAll(async () => {
    const database = kind === 'sqlite' ? kind : { url: await createDatabase() }
    deployment = await createDeployment(database, {
      policy: { refreshToken: { retryWindowSeconds: RETRY_WINDOW_SECONDS } },
    })
    const first = await startProcess(deployment)
    const others = kind === 'sqlite' ? [] : [await startProcess(deployment, await findFreePort())]
    processes = [first, ...others]
    apps = processes.map(({ url }) => new TestApp({ issuer: url }, WEB_APP))
  })
  afterAll(async () => {
    await Promise.all(processes?.map((process) => process.stop()) ?? [])
    await deployment?.remove()
  })

  /** Runs the call so many times at once, spread over the processes. */
  function race(times: number, call: (app: TestApp) => Promise<Answer>): Promise<Answer[]> {
    const turns = Array.from({ length: times }, (_, turn) => apps[turn % apps.length])
    return Promise.all(turns.map((app) => call(app as TestApp)))
  }

  function anyApp(): TestApp {
    return apps[0] as TestApp
  }

  async function isActive(token: string): Promise<boolean> {
    const api = new TestApp(anyApp().server, API_SERVER)
    const answers = await Promise.all([api.introspect(token), anyApp().introspect(token)])
    return answers.some(({ body }) => body.active)
  }

  it('A3: of 50 parallel redemptions of one code exactly one gets tokens', async () => {
    const { browser } = await anyApp().obtainCode()
    for (let round = 0; round < 5; round += 1) {
      const { code, verifier } = await anyApp().obtainCode({ browser })
      const answers = await race(50, (app) => app.redeem(code, verifier))
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      const lost = answers.filter(({ body }) => body.error === 'invalid_grant')
      expect(lost).toHaveLength(49)
      // The losers had all that the app has, at the same moment: they are the app.
      expect(await isActive(won[0]?.body.access_token)).toBe(true)
      expect((await anyApp().refresh(won[0]?.body.refresh_token)).status).toBe(200)
    }
  })

  it('B2: 20 parallel refreshes with one token give one successor and no logout', async () => {
    let tokens: TokenSet = await anyApp().obtainTokens()
    for (let round = 0; round < 5; round += 1) {
      const answers = await race(20, (app) => app.refresh(tokens.refresh_token))
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
      tokens = answers[0]?.body
      expect(await isActive(tokens.access_token)).toBe(true)
    }
    expect((await anyApp().refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('B4: a retry after a dropped answer gets the identical response, also from another process', async () => {
    const tokens = await anyApp().obtainTokens()
    const dropped = new AbortController()
    const url = `${anyApp().server.issuer}/token`
    const first = fetch(url, refreshRequest(tokens.refresh_token, dropped.signal)).catch(
      () => undefined,
    )
    await new Promise((resolve) => setTimeout(resolve, 5))
    dropped.abort()
    await first
    const retries = await race(4, (app) => app.refresh(tokens.refresh_token))
    expect(new Set(retries.map(({ text }) => text)).size).toBe(1)
    expect(retries[0]?.status).toBe(200)
    expect((await anyApp().refresh(retries[0]?.body.refresh_token)).status).toBe(200)
  })

  it('B1: reuse after the window ends the grant in every process', async () => {
    const tokens = await anyApp().obtainTokens()
    const next: TokenSet = (await anyApp().refresh(tokens.refresh_token)).body
    await new Promise((resolve) => setTimeout(resolve, (RETRY_WINDOW_SECONDS + 1) * 1000))
    expect((await anyApp().refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    for (const app of apps) {
      expect((await app.refresh(next.refresh_token)).body.error).toBe('invalid_grant')
      expect((await app.introspect(next.access_token)).body).toEqual({ active: false })
    }
  })

  it('RFC 7009 §2: of refreshes racing a revocation none outlives it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const tokens = await anyApp().obtainTokens()
      const [refreshed] = await Promise.all([
        anyApp().refresh(tokens.refresh_token),
        (apps.at(-1) as TestApp).revoke(tokens.access_token),
      ])
      if (refreshed.status === 200) {
        expect((await anyApp().refresh(refreshed.body.refresh_token)).status).toBe(400)
        expect(await isActive(refreshed.body.access_token)).toBe(false)
      }
    }
  })
})

function refreshRequest(refreshToken: string, signal: AbortSignal): RequestInit {
  return {
    method: 'POST',
    signal,
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: WEB_APP.id,
      client_secret: WEB_APP.secret ?? '',
    }),
  }
}
