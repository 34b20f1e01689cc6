// What a code_challenge means that comes without a code_challenge_method: it depends on the contract (RFC 7636 §4.3).

import { afterEach, describe, expect, it } from 'vitest'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { newPkce, TestApp } from '../support/test-app.ts'

describe.each(STORES)('a challenge without a method on %s', (kind) => {
  let server: TestServer
  afterEach(() => server?.stop())

  const { verifier, challenge } = newPkce()

  /** @returns an app, and the code that it gets for this challenge */
  async function obtainCode(contract: string, code_challenge: string) {
    server = await startTestServer(kind, { contract })
    const app = new TestApp(server, server.apps.webApp)
    const fields = { code_challenge, code_challenge_method: undefined }
    return { app, code: (await app.obtainCode({ fields })).code }
  }

  it('RFC 7636 §4.3: is the verifier itself, where a contract has plain', async () => {
    const { app, code } = await obtainCode('versioned', verifier)
    expect((await app.redeem(code, challenge)).body.error).toBe('invalid_grant')
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })

  it('RFC 7636 §4.3: is never taken for plain where it has not', async () => {
    const { app, code } = await obtainCode('mister-james', challenge)
    expect((await app.redeem(code, challenge)).body.error).toBe('invalid_grant')
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })
})
