// What an API remembers of an opaque token, by the SDK: it ends with the line of the feed about the token's app or user,
// and news of others costs no question.

import { createGuard } from '@ostiary/resource'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { disableClient } from '../../src/operations/clients.ts'
import { disableUser } from '../../src/operations/users.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'
import { API, API_SERVER, MACHINE, OTHER_APP, WEB_APP } from '../support/world.ts'

describe.each(STORES)('an answer about an opaque token, on %s', (kind) => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer(kind, { policy: { accessToken: { format: 'opaque' } } })
  })
  afterAll(() => server?.stop())

  function openGuard() {
    let questions = 0
    const guard = createGuard({
      issuer: server.issuer,
      audience: API,
      introspection: {
        clientId: API_SERVER.id,
        clientSecret: API_SERVER.secret ?? '',
        cacheSeconds: 300,
      },
      fetch: (input, init) => {
        if (String(input).endsWith('/introspect')) questions += 1
        return fetch(input, init)
      },
    })
    onTestFinished(() => guard.close())
    return {
      catchUp: () => guard.catchUp(),
      questions: () => questions,
      async ask(token: string): Promise<string> {
        const credentials = { authorization: `Bearer ${token}` }
        const verdict = await guard.authorize(credentials, {}, undefined)
        return verdict.ok ? 'accepted' : verdict.error.reason
      },
    }
  }

  it('ends with its user, and with no other', async () => {
    const { ask, catchUp, questions } = openGuard()
    const { access_token: token } = await new TestApp(server, WEB_APP).obtainTokens()
    expect(await ask(token)).toBe('accepted')
    await disableUser({ username: 'eve' }, server.context)
    await catchUp()
    expect(await ask(token)).toBe('accepted')
    await disableUser({ username: 'ada' }, server.context)
    await catchUp()
    expect(await ask(token)).toBe('token_revoked')
    expect(questions()).toBe(1)
  })

  it('ends with its app, and with no other', async () => {
    const { ask, catchUp, questions } = openGuard()
    const machine = new TestApp(server, MACHINE)
    const { body } = await machine.token({ grant_type: 'client_credentials' })
    expect(await ask(body.access_token)).toBe('accepted')
    await disableClient({ clientId: OTHER_APP.id }, server.context)
    await catchUp()
    expect(await ask(body.access_token)).toBe('accepted')
    await disableClient({ clientId: MACHINE.id }, server.context)
    await catchUp()
    expect(await ask(body.access_token)).toBe('token_revoked')
    expect(questions()).toBe(1)
  })
})
