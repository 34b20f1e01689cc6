// The exchange of application keys of Ostiary as a target: a tenant of a contract that has it, on a server of its own,
// started when the first check asks for it.

import {
  addAuthenticationCode,
  addIdentifier,
  linkIdentity,
} from '../../../src/operations/access-identifiers.ts'
import { createApplicationKey } from '../../../src/operations/application-keys.ts'
import { addTrustedIssuer } from '../../../src/operations/trusted-issuers.ts'
import {
  IDENTITY_AUDIENCE,
  IDENTITY_ISSUER,
  jwksOf,
  newIdentityKey,
  signIdentity,
} from '../../support/identity-system.ts'
import { basicKey, EXCHANGE } from '../../support/key-exchange.ts'
import type { TestServer, TestServerOptions } from '../../support/start-server.ts'
import { type Answer, readAnswer } from '../../support/test-app.ts'
import type { JwtClaims, KeyExchange } from '../target.ts'

/** The checks run on this machine, and are what a proxy would be. */
export const PROXIES = ['127.0.0.1', '::1']

export const callerAt = (address: string) => ({ 'x-forwarded-for': address })

interface OpenExchange extends KeyExchange {
  presentJwt(claims: JwtClaims): Promise<Answer>
}

export function prepareExchange(start: (options: TestServerOptions) => Promise<TestServer>) {
  let server: Promise<TestServer> | undefined
  let opened: Promise<OpenExchange> | undefined
  return {
    open(): Promise<OpenExchange> {
      server ??= start({ contract: 'crm-com', trustedProxies: PROXIES })
      opened ??= server.then(openExchange)
      return opened
    },
    async stop() {
      await (await server)?.stop()
    },
  }
}

async function openExchange({ context, issuer, clock }: TestServer): Promise<OpenExchange> {
  const newKey = async (organisationId: string) =>
    (await createApplicationKey({ organisationId, name: 'key' }, context)).key
  const newCode = async (username: string) =>
    (await addAuthenticationCode({ username }, context)).code
  const passCode = { identifier: 'card-1', passCode: '739182' }
  await addIdentifier({ username: 'ada', ...passCode }, context)
  const signer = await newIdentityKey('k1')
  const identity = { issuer: IDENTITY_ISSUER, audience: IDENTITY_AUDIENCE }
  await addTrustedIssuer({ name: 'Identity', ...identity, pinnedKeys: jwksOf([signer]) }, context)
  await linkIdentity({ username: 'ada', issuer: IDENTITY_ISSUER, subject: 'ada' }, context)

  const send = async (body: object, headers: Record<string, string>) =>
    readAnswer(
      await fetch(issuer + EXCHANGE, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    )
  return {
    keys: { own: await newKey('acme'), foreign: await newKey('globex') },
    codes: [await newCode('ada'), await newCode('bob')],
    passCode,
    exchange: (presented, { key, address }) => {
      const identifier =
        'code' in presented
          ? { authentication_code: presented.code }
          : { identifier: presented.identifier, pass_code: presented.passCode }
      const headers = { ...basicKey(key), ...callerAt(address) }
      return send({ access_token_identifier: identifier }, headers)
    },
    async presentJwt({ livesSeconds, jti }) {
      const exp = livesSeconds === undefined ? undefined : clock.nowSeconds() + livesSeconds
      const claims = {
        sub: 'ada',
        ...(exp !== undefined && { exp }),
        ...(jti !== undefined && { jti }),
      }
      return send({ jwt: await signIdentity(signer, claims), organisation: 'acme' }, {})
    },
  }
}
