// The password grant of many callers at once: it outruns neither a new password nor the lock of an account. On SQLite
// against one process, on PostgreSQL against two.

import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientContext } from '../../src/operations/clients.ts'
import { changePassword } from '../../src/operations/users.ts'
import { TestBrowser } from '../support/browser.ts'
import { registerDesktopApp } from '../support/contract-world.ts'
import { findFreePort } from '../support/free-port.ts'
import { introspect } from '../support/key-exchange.ts'
import { createDatabase } from '../support/postgres.ts'
import {
  createDeployment,
  type Deployment,
  type ServerProcess,
  startProcess,
} from '../support/server-process.ts'
import { STORES } from '../support/start-server.ts'
import { FORM, post } from '../support/vendor-client.ts'
import { PASSWORD, type TestClient } from '../support/world.ts'

const FREE_TRIES = 10
const CALLBACK = 'https://desktop.example/callback'

describe.each(STORES)('racing password grants on %s', (kind) => {
  let deployment: Deployment
  let processes: readonly ServerProcess[]
  let context: ClientContext
  let app: TestClient

  beforeAll(async () => {
    const database = kind === 'sqlite' ? kind : { url: await createDatabase() }
    deployment = await createDeployment(database, { contract: 'json-api' })
    context = await deployment.openContext()
    app = await registerDesktopApp(context, {
      redirectUris: [CALLBACK],
      grantTypes: ['password', 'authorization_code', 'refresh_token'],
    })
    const first = await startProcess(deployment)
    const others = kind === 'sqlite' ? [] : [await startProcess(deployment, await findFreePort())]
    processes = [first, ...others]
  })
  afterAll(async () => {
    await Promise.all(processes?.map((process) => process.stop()) ?? [])
    await context?.store.close()
    await deployment?.remove()
  })

  const urlOf = (turn: number) => processes[turn % processes.length]?.url ?? ''
  const token = (turn: number, fields: Record<string, string>) => {
    const all = { client_id: app.id, client_secret: app.secret ?? '', ...fields }
    return post(`${urlOf(turn)}/oauth/token`, new URLSearchParams(all).toString(), FORM)
  }
  const askAs = (username: string, password: string, turn = 0) =>
    token(turn, { grant_type: 'password', username, password })

  it('B6: of 20 parallel password grants during a password change no token survives the change', async () => {
    let password = PASSWORD
    let given = 0
    for (let round = 0; round < 8; round += 1) {
      const old = password
      const grants = Array.from({ length: 20 }, (_, turn) => askAs('ada', old, turn))
      await delay(15 * round)
      password = `a new password of round ${round}`
      await changePassword({ username: 'ada', password }, context)
      for (const [turn, { status, body }] of (await Promise.all(grants)).entries()) {
        expect([200, 400]).toContain(status)
        if (status !== 200) continue
        given += 1
        const refresh_token = body.refresh_token
        const refreshed = await token(turn, { grant_type: 'refresh_token', refresh_token })
        expect([refreshed.status, refreshed.body.error]).toEqual([400, 'invalid_grant'])
        expect(await introspect(deployment, body.access_token)).toEqual({ active: false })
      }
      expect((await askAs('ada', old)).status).toBe(400)
      expect((await askAs('ada', password)).status).toBe(200)
    }
    // Otherwise there was no race.
    expect(given).toBeGreaterThan(0)
  })

  it('D7: 60 parallel tries get no more looks at the password than the lock allows', async () => {
    const tries = Array.from({ length: 60 }, (_, turn) => askAs('eve', `wrong ${turn}`, turn))
    const answers = await Promise.all(tries)
    const locked = answers.filter(({ headers }) => headers['retry-after'] !== undefined)
    // Where the machine is slow, some have waited for two seconds before ten were looked at.
    const errors = ['invalid_grant', 'too_many_requests', 'temporarily_unavailable']
    for (const { body } of answers) expect(errors).toContain(body.error)
    expect(answers.length - locked.length).toBe(FREE_TRIES)
    for (const turn of processes.keys()) {
      const { status, headers } = await askAs('eve', PASSWORD, turn)
      expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true])
      const browser = new TestBrowser()
      const query = new URLSearchParams({
        client_id: app.id,
        redirect_uri: CALLBACK,
        response_type: 'code',
      })
      const page = await browser.open(`${urlOf(turn)}/oauth/authorize?${query}`)
      const answer = await browser.submit(page, { username: 'eve', password: PASSWORD })
      expect(answer.status).toBe(429)
    }
  })
})
