// Contract `crm-com`: codes that are in the field already, and as short as the documentation's own.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  addAuthenticationCode,
  removeAccessIdentifier,
} from '../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../src/operations/application-keys.ts'
import { basicKey, callApi, claimsIn, exchange, tokenIn } from '../support/key-exchange.ts'
import { latestEvents } from '../support/latest-events.ts'
import { STORES, startTestServer, type TestServer } from '../support/start-server.ts'

/** As the documentation prints them. */
const CODE = 'p_kestora1!'
const KEY = 'EE73C0AE64524371B5DDEFF5F7BB2192'
const BODY = `{"access_token_identifier":{"authentication_code":"${CODE}"}}`
const HEADER = { authorization: 'Basic RUU3M0MwQUU2NDUyNDM3MUI1RERFRkY1RjdCQjIxOTI6' }

const TRIES_OF_ALL = 100

describe.each(STORES)('codes of the field on %s', (kind) => {
  let server: TestServer
  let ownId: string

  beforeAll(async () => {
    server = await startTestServer(kind, {
      contract: 'crm-com',
      api: true,
      trustedProxies: ['127.0.0.1', '::1'],
      rateLimits: { failedClientAuthenticationsPerMinute: 10_000 },
    })
    const { context } = server
    await createApplicationKey({ organisationId: 'acme', name: 'till', key: KEY }, context)
    await createApplicationKey({ organisationId: 'globex', name: 'other', key: `${KEY}0` }, context)
    const { identifier } = await addAuthenticationCode({ username: 'ada', code: CODE }, context)
    ownId = identifier.id
  })
  afterAll(() => server?.stop())

  const codeOf = (code: string) => BODY.replace(CODE, code)
  const outcome = async (body: string, headers: Record<string, string> = HEADER) => {
    const { status, body: answer } = await exchange(server, body, headers)
    return [status, answer.status.code]
  }

  it('crm-com K "codes and keys of the field": the documentation\'s own key and code, as they are printed', async () => {
    const answer = await exchange(server, BODY, HEADER)
    expect(answer.status).toBe(200)
    expect(claimsIn(answer).ari).toBe(ownId)
    expect(await callApi(server, tokenIn(answer))).toBe(200)
  })

  it('crm-com K "codes and keys of the field": a code that is nearly right, or of another organisation, is wrong', async () => {
    for (const code of ['p_kestora1', 'P_kestora1!', 'p_kestora1!x', 'p', ' p_kestora1!']) {
      expect(await outcome(codeOf(code)), code).toEqual([401, 'INVALID_CREDENTIALS'])
    }
    const others = await outcome(BODY, basicKey(`${KEY}0`))
    expect(others).toEqual([401, 'INVALID_CREDENTIALS'])
  })

  it('crm-com K "codes and keys of the field": without a key a weak code is none', async () => {
    expect(await outcome(BODY, {})).toEqual([401, 'INVALID_CREDENTIALS'])
  })

  it('crm-com D "codes and keys of the field": one that is removed is wrong from then on', async () => {
    const { context } = server
    const code = 'short-one'
    const { identifier } = await addAuthenticationCode({ username: 'ada', code }, context)
    expect(await outcome(codeOf(code))).toEqual([200, 'OK'])
    await removeAccessIdentifier({ identifierId: identifier.id }, context)
    expect(await outcome(codeOf(code))).toEqual([401, 'INVALID_CREDENTIALS'])
  })

  it('crm-com D "codes and keys of the field": who tries codes from many places is slowed down, and who is known goes on', async () => {
    const { context } = server
    const { key } = await createApplicationKey({ organisationId: 'acme', name: 'app' }, context)
    const from = (address: string) => ({ ...basicKey(key), 'x-forwarded-for': address })
    expect(await outcome(BODY, from('198.51.100.1'))).toEqual([200, 'OK'])
    const refused: number[] = []
    for (let at = 0; at < TRIES_OF_ALL + 2; at++) {
      const [status] = await outcome(codeOf(`guess-${at}`), from(`203.0.113.${at}`))
      if (status === 429) refused.push(at)
    }
    expect(refused[0]).toBe(TRIES_OF_ALL)
    // Also the right one, from where nobody has proven it.
    expect(await outcome(BODY, from('203.0.113.250'))).toEqual([429, 'TOO_MANY_REQUESTS'])
    expect(await outcome(BODY, from('198.51.100.1'))).toEqual([200, 'OK'])
    const events = await latestEvents(context.store, server.tenant.name, 20)
    expect(events.map(({ action }) => action)).toContain('access_identifier.locked')
  })
})
