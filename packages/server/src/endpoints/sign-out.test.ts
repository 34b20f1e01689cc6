import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { standard } from '../contracts/standard.ts'
import { Sealer } from '../platform/seal.ts'
import type { IncomingRequest } from '../protocol/message.ts'
import { parseForm } from '../protocol/params.ts'
import { createSignOutEndpoint } from './sign-out.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** As a page of an app posts it: the browser sends none of our cookies along. */
const post: IncomingRequest = {
  method: 'POST',
  params: parseForm('client_id=web-app&state=a+b'),
  inUrl: false,
  json: undefined,
  authorization: undefined,
  origin: 'https://app.example',
  cookies: {},
  acceptLanguage: undefined,
  source: '192.0.2.1',
  pathParams: {},
  address: '192.0.2.1',
  userAgent: undefined,
  id: 'request-1',
  log: silent,
}

const endpoint = createSignOutEndpoint({
  tenant: MAIN_TENANT,
  contract: standard,
  clock: createFakeClock(),
  sealer: new Sealer(randomBytes(32)),
  store: {
    createSession: async () => true,
    findSession: async () => null,
    touchSession: async () => {},
    endSession: async () => false,
    findClient: async () => null,
  },
  keys: {
    signer: () => Promise.reject(new Error('signs nothing')),
    idTokenSigner: () => Promise.reject(new Error('signs nothing')),
    publicKeys: async () => [],
    secretKeys: async () => [],
    findVerificationKey: async () => undefined,
    currentKeyAges: () => [],
    check: async () => {},
    reload: () => {},
  },
})

it('does not call a user signed out whose cookies a cross-site POST left behind', async () => {
  expect(await endpoint(post)).toEqual({
    kind: 'local_redirect',
    path: '/sign-out?client_id=web-app&state=a+b',
  })
})
