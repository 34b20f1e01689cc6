// Guessing at application keys and at what stands for consumers: by address, and by identifier.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAuthenticationCode, addIdentifier } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { basicKey, codeBody, exchange, outcomeOf, passCodeBody } from '../support/key-exchange.ts'
import { hashAtFullCost } from '../support/password-cost.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'
import { measureBelow, TELLING_T, timeInTurn, welchT } from '../support/timing.ts'

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
  const newAddress = () => `198.18.${++addresses >> 8}.${addresses & 255}`
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

  it('security H7: a source that guesses codes has to wait; the organisation and its known callers do not', async () => {
    const { key: by } = await newKey()
    const from = newAddress()
    const known = (await addAuthenticationCode({ username: 'ada' }, server.context)).code
    expect((await send(codeBody(known), { by, from })).status).toBe(200)
    for (let i = 0; i < LIMIT; i++) {
      const guess = codeBody(`guess-${i}-0123456789`)
      expect(outcomeOf(await send(guess, { by, from }))).toEqual(WRONG)
    }
    const other = (await addAuthenticationCode({ username: 'bob' }, server.context)).code
    expect(outcomeOf(await send(codeBody('guess-0123456789abc'), { by, from }))).toEqual(LIMITED)
    expect(outcomeOf(await send(codeBody(other), { by, from }))).toEqual(LIMITED)
    // What was proven from there before, elsewhere all of it, and other keys at this address.
    expect((await send(codeBody(known), { by, from })).status).toBe(200)
    expect((await send(codeBody(other), { by })).status).toBe(200)
    expect((await send(codeBody(other), { by: (await newKey()).key, from })).status).toBe(200)
  })

  it('security H7: 60 wrong codes from as many addresses stop nobody', async () => {
    const { key: by } = await newKey()
    for (let i = 0; i < 60; i++) {
      expect(outcomeOf(await send(codeBody(`x${i}`), { by }))).toEqual(WRONG)
    }
    expect((await send(codeBody(code), { by })).status).toBe(200)
  })

  it.each(['card-1', 'nobody-has-this'])(
    'D6, D7: the identifier %s has ten tries for an address, and a hundred for all strangers',
    async (identifier) => {
      const { context, clock } = server
      const { key: by } = await newKey()
      if (identifier === 'card-1') {
        await addIdentifier({ username: 'ada', identifier, passCode: PASS_CODE }, context)
      }
      const guess = (passCode: string, from: string) =>
        send(passCodeBody(identifier, passCode), { by, from })
      for (let address = 0; address < 10; address++) {
        const from = newAddress()
        for (let i = 0; i < 10; i++) {
          // The source alone, whatever it guesses at, has fewer in a minute.
          if (i === LIMIT) clock.advance(60)
          expect(outcomeOf(await guess(`wrong-${i}`, from))).toEqual(WRONG)
        }
        clock.advance(1)
        expect(outcomeOf(await guess(PASS_CODE, from))).toEqual(LIMITED)
      }
      const limited = await guess(PASS_CODE, newAddress())
      expect([outcomeOf(limited), limited.headers['retry-after']]).toEqual([LIMITED, '9'])
      clock.advance(9)
      const after = outcomeOf(await guess(PASS_CODE, newAddress()))
      expect(after).toEqual(identifier === 'card-1' ? [200, 'OK'] : WRONG)
    },
  )

  it('D7: of many wrong pass codes at once no more are looked at than the limit allows', async () => {
    await addIdentifier(
      { username: 'ada', identifier: 'card-2', passCode: PASS_CODE },
      server.context,
    )
    const from = newAddress()
    const { key: by } = await newKey()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) =>
        send(passCodeBody('card-2', `wrong-${turn}`), { by, from }),
      ),
    )
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(LIMIT)
    // Where the machine is slow, some have waited for two seconds before the five were looked at.
    const others = answers.filter(({ status }) => status === 429 || status === 503)
    expect(others).toHaveLength(20 - LIMIT)
  })

  it('security M1: right pass codes at the same time are never refused', async () => {
    await addIdentifier(
      { username: 'ada', identifier: 'card-3', passCode: PASS_CODE },
      server.context,
    )
    for (const [size, apart] of [
      [50, false],
      [20, true],
    ] as const) {
      const from = newAddress()
      const answers = await Promise.all(
        Array.from({ length: size }, () =>
          send(passCodeBody('card-3', PASS_CODE), { from: apart ? newAddress() : from }),
        ),
      )
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    }
  })

  describe('security M2: the key of another organisation', () => {
    const WITHOUT_LIMIT = newAddress
    let foreign: string
    beforeAll(async () => {
      foreign = (
        await createApplicationKey({ organisationId: 'globex', name: 'k' }, server.context)
      ).key
      await addIdentifier(
        { username: 'ada', identifier: 'card-4', passCode: PASS_CODE },
        server.context,
      )
    })

    it('learns nothing from a pass code or a code, right or wrong', async () => {
      for (const body of [
        passCodeBody('card-4', PASS_CODE),
        passCodeBody('card-4', 'wrong'),
        passCodeBody('nobody', 'wrong'),
        codeBody(code),
      ]) {
        const answer = await send(body, { by: foreign, from: WITHOUT_LIMIT() })
        expect(outcomeOf(answer)).toEqual(WRONG)
      }
    })

    it('takes no try away from the organisation that the consumer belongs to', async () => {
      const from = newAddress()
      for (let i = 0; i < LIMIT; i++) {
        await send(passCodeBody('card-4', `wrong-${i}`), { by: foreign, from })
      }
      expect(outcomeOf(await send(passCodeBody('card-4', 'wrong'), { by: foreign, from }))).toEqual(
        LIMITED,
      )
      expect((await send(passCodeBody('card-4', PASS_CODE), { from })).status).toBe(200)
    })

    it('takes none away from strangers there either, wherever it asks from', async () => {
      const other = { username: 'ada', identifier: 'card-5', passCode: PASS_CODE }
      await addIdentifier(other, server.context)
      const guess = () => send(passCodeBody('card-5', 'wrong'), { by: foreign, from: newAddress() })
      for (let tries = 0; tries < 100; tries += 10) {
        for (const answer of await Promise.all(Array.from({ length: 10 }, guess))) {
          expect(outcomeOf(answer)).toEqual(WRONG)
        }
      }
      expect(outcomeOf(await guess())).toEqual(LIMITED)
      expect((await send(passCodeBody('card-5', PASS_CODE), { from: newAddress() })).status).toBe(
        200,
      )
    })

    describe('whatever is presented', () => {
      hashAtFullCost()
      beforeAll(async () => {
        const other = { username: 'ada', identifier: 'card-6', passCode: PASS_CODE }
        await addIdentifier(other, server.context)
      })

      it('waits as long for a consumer of another organisation as for nobody', async () => {
        const t = await measureBelow(TELLING_T, async () => {
          const ask = (identifier: string) => () =>
            send(passCodeBody(identifier, PASS_CODE), { by: foreign })
          const { theirs = [], nobody = [] } = await timeInTurn(
            { theirs: ask('card-6'), nobody: ask('nobody-at-all') },
            SAMPLES,
          )
          return welchT(theirs, nobody)
        })
        expect(t).toBeLessThan(TELLING_T)
      })
    })
  })
})

const SAMPLES = 30
