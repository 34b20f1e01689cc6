// Attacks on the exchange of application keys: ambiguous requests, wrong methods and types, what the log keeps.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAuthenticationCode, addIdentifier } from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { sendRequest } from '../support/http-request.ts'
import {
  basicKey,
  codeBody,
  EXCHANGE,
  exchange,
  jwtBody,
  outcomeOf,
  passCodeBody,
} from '../support/key-exchange.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'

const WRONG = [401, 'INVALID_CREDENTIALS']
const INVALID = [400, 'INVALID_REQUEST']

describe.each(STORES)('attacks on application keys on %s', (kind) => {
  let server: TestServer
  let key: string
  let code: string

  beforeAll(async () => {
    server = await startTestServer(kind, { contract: 'crm-com' })
    const { context } = server
    key = (await createApplicationKey({ organisationId: 'acme', name: 'till' }, context)).key
    code = (await addAuthenticationCode({ username: 'ada' }, context)).code
    const bob = { username: 'bob', identifier: 'card-4711', passCode: '739182' }
    await addIdentifier(bob, context)
  })
  afterAll(() => server?.stop())

  const send = (body: string, headers: Record<string, string> = {}) =>
    exchange(server, body, { ...basicKey(key), ...headers })

  it.each([
    ['a member given twice', '{"jwt": "a", "jwt": "b", "organisation": "acme"}'],
    ['twice, once in disguise', '{"jwt": "a", "\\u006awt": "b", "organisation": "acme"}'],
    [
      'an inner member given twice',
      '{"access_token_identifier": {"authentication_code": "a", "authentication_code": "b"}}',
    ],
    ['an operator', '{"access_token_identifier": {"authentication_code": {"$gt": ""}}}'],
    ['a list', '{"jwt": ["a"], "organisation": "acme"}'],
    ['a member of Object', '{"constructor": "x"}'],
    ['a NUL', '{"access_token_identifier": {"authentication_code": "\\u0000"}}'],
    ['half a character', '{"access_token_identifier": {"authentication_code": "\\ud800"}}'],
    ['a comment', '{/**/"jwt": "a"}'],
    ['a depth of 20,000', `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`],
  ])('E1, E2, E4: refuses %s', async (_what, body) => {
    expect(outcomeOf(await send(body))).toEqual(INVALID)
  })

  it('E1: reads nothing from the URL', async () => {
    const { status, text } = await sendRequest(`${server.issuer}${EXCHANGE}?unit=acme-north`, {
      method: 'POST',
      headers: { ...basicKey(key), 'content-type': 'application/json' },
      body: codeBody(code),
    })
    expect([status, JSON.parse(text).status.code]).toEqual(INVALID)
  })

  it('E3: no prototype is polluted', async () => {
    for (const body of [
      '{"__proto__": {"polluted": "yes"}}',
      '{"constructor": {"prototype": {"polluted": "yes"}}}',
      '{"access_token_identifier": {"__proto__": {"authentication_code": "x"}}}',
      `{"__proto__": {"access_token_identifier": {"authentication_code": "${code}"}}}`,
    ]) {
      expect(outcomeOf(await send(body))).toEqual(INVALID)
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((await send(codeBody(code))).status).toBe(200)
  })

  it('E10: POST only, whatever another header says', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
      const { status, headers } = await sendRequest(server.issuer + EXCHANGE, {
        method,
        headers: { ...basicKey(key), 'x-http-method-override': 'POST' },
      })
      expect([status, headers.allow], method).toEqual([405, 'POST'])
    }
  })

  it.each([
    ['application/x-www-form-urlencoded'],
    ['text/plain'],
    ['multipart/form-data; boundary=x'],
    ['application/jsonx'],
    ['text/json, application/json'],
  ])('E11: takes no JSON that says it is %s', async (type) => {
    expect(outcomeOf(await send(codeBody(code), { 'content-type': type }))).toEqual(INVALID)
  })

  it('E11: takes nothing compressed, and nothing without a type', async () => {
    const zipped = { 'content-encoding': 'gzip' }
    expect(outcomeOf(await send(codeBody(code), zipped))).toEqual(INVALID)
    const { text } = await sendRequest(server.issuer + EXCHANGE, {
      ...{ method: 'POST', headers: basicKey(key), body: codeBody(code) },
    })
    expect(JSON.parse(text).status.code).toBe('INVALID_REQUEST')
  })

  it('D8: a very long pass code costs no hash, a very long body is not read', async () => {
    expect(outcomeOf(await send(passCodeBody('card-4711', 'x'.repeat(10_000))))).toEqual(WRONG)
    expect(outcomeOf(await send(passCodeBody('card-4711', 'x'.repeat(100_000))))).toEqual(INVALID)
  })

  it('B19: neither keys nor codes nor JWTs are in the log', async () => {
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.AAAAAAAAAAAA'
    await exchange(server, jwtBody(jwt))
    await send(codeBody('a-code-that-is-wrong-0123'))
    await send(passCodeBody('card-4711', 'a-wrong-pass-code'))
    await exchange(server, codeBody(code), basicKey('0123456789ABCDEF0123456789ABCDEF'))
    const log = server.logLines.join('\n')
    expect(log).toContain('application_key_unknown')
    for (const secret of [
      key,
      code,
      jwt,
      'a-code-that-is-wrong',
      'a-wrong-pass',
      '0123456789ABC',
    ]) {
      expect(log).not.toContain(secret)
    }
  })
})
