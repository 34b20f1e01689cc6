// Guessing at application keys and at what stands for consumers: by address, by key, by identifier.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAuthenticationCode, addIdentifier } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { basicKey, codeBody, exchange, outcomeOf, passCodeBody } from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'

const PASS_CODE = '739182'
const WRONG = [401, 'INVALID_CREDENTIALS']
const LIMITED = [429, 'TOO_MANY_REQUESTS']

describe.each(STORES)('guessing at application keys on %s', (kind) => {
  const LIMIT = 5
  let server: TestServer
  let key: string
  let code: string

  beforeAll(async () => {
    server = await startTestServer(kind, {
      contract: 'crm-com',
      rateLimits: { failedClientAuthenticationsPerMinute: LIMIT },
      trustedProxies: ['127.0.0.1', '::1'],
    })
    const { context } = server
    key = (await newKey()).key
    code = (await addAuthenticationCode({ username: 'ada' }, context)).code
  })
  afterAll(() => server?.stop())

  const newKey = () => createApplicationKey({ organisationId: 'acme', name: 'k' }, server.context)
  let addresses = 0
  const newAddress = () => `192.0.2.${++addresses}`
  const send = (body: string, { by = key, from = newAddress() } = {}) =>
    exchange(server, body, { ...basicKey(by), 'x-forwarded-for': from })
  const wrongKey = () => ({ by: 'F'.repeat(32) })

  it('C4: an address that sends wrong keys has to wait; others do not', async () => {
    const from = newAddress()
    for (let i = 0; i < LIMIT; i++) {
      expect(outcomeOf(await send(codeBody(code), { ...wrongKey(), from }))).toEqual(WRONG)
    }
    const limited = await send(codeBody(code), { from })
    expect(outcomeOf(limited)).toEqual(LIMITED)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    expect((await send(codeBody(code))).status).toBe(200)
  })

  it('C4: a key that is used to guess codes has to wait, wherever it is used; other keys do not', async () => {
    const stolen = (await newKey()).key
    for (let i = 0; i < LIMIT; i++) {
      expect(outcomeOf(await send(codeBody(`guess-${i}-0123456789`), { by: stolen }))).toEqual(
        WRONG,
      )
    }
    expect(outcomeOf(await send(codeBody(code), { by: stolen }))).toEqual(LIMITED)
    expect((await send(codeBody(code))).status).toBe(200)
  })

  it.each(['card-1', 'nobody-has-this'])(
    'D6, D7: the identifier %s locks after five wrong pass codes, for all keys and addresses',
    async (identifier) => {
      const { context, clock } = server
      if (identifier === 'card-1') {
        await addIdentifier({ username: 'bob', identifier, passCode: PASS_CODE }, context)
      }
      const guess = async (passCode: string) =>
        send(passCodeBody(identifier, passCode), { by: (await newKey()).key })
      for (let i = 0; i < 5; i++) expect(outcomeOf(await guess(`wrong-${i}`))).toEqual(WRONG)
      const locked = await guess(PASS_CODE)
      expect(outcomeOf(locked)).toEqual(LIMITED)
      expect(locked.headers['retry-after']).toBe('30')
      await clock.ahead(30, async () => {
        const after = outcomeOf(await guess(PASS_CODE))
        expect(after).toEqual(identifier === 'card-1' ? [200, 'OK'] : WRONG)
      })
    },
  )

  it('D7: of many wrong pass codes at once no more are looked at than the lock allows', async () => {
    await addIdentifier(
      { username: 'bob', identifier: 'card-2', passCode: PASS_CODE },
      server.context,
    )
    const keys = await Promise.all(Array.from({ length: 20 }, newKey))
    const answers = await Promise.all(
      keys.map(({ key: by }) => send(passCodeBody('card-2', 'wrong'), { by })),
    )
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
  })

  it('D7: the right pass code forgets the wrong ones before it', async () => {
    await addIdentifier(
      { username: 'bob', identifier: 'card-3', passCode: PASS_CODE },
      server.context,
    )
    for (let round = 0; round < 2; round++) {
      const { key: by } = await newKey()
      for (let i = 0; i < 4; i++) {
        expect(outcomeOf(await send(passCodeBody('card-3', 'wrong'), { by }))).toEqual(WRONG)
      }
      expect((await send(passCodeBody('card-3', PASS_CODE), { by })).status).toBe(200)
    }
  })
})
