// An identity system beside the product: it signs JWTs, publishes its keys on this machine, and can be made to fail.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

export const IDENTITY_ISSUER = 'https://identity.example'
export const IDENTITY_AUDIENCE = 'https://crm.example'

export interface IdentityKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

export async function newIdentityKey(kid: string, algorithm = 'ES256'): Promise<IdentityKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { kid, algorithm, privateKey, publicJwk }
}

/** @param claims what is otherwise than in a good one; undefined leaves a claim out */
export function signIdentity(
  key: IdentityKey,
  claims: JWTPayload & { readonly sub?: string },
  header: object = {},
): Promise<string> {
  const all = { iss: IDENTITY_ISSUER, aud: IDENTITY_AUDIENCE, ...claims }
  return new SignJWT(all)
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
    .sign(key.privateKey)
}

export interface IdentitySystem {
  readonly jwksUri: string
  /** How often somebody has asked for the keys. */
  readonly requests: () => number
  /** What it answers from now on; a JWK set unless told otherwise. */
  answerWith(answer: (response: ServerResponse) => void): void
  publish(keys: readonly IdentityKey[]): void
  stop(): Promise<void>
}

export async function startIdentitySystem(keys: readonly IdentityKey[]): Promise<IdentitySystem> {
  let requests = 0
  let answer = jwksAnswer(keys)
  const server = createServer((_request, response) => {
    requests += 1
    answer(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    jwksUri: `http://127.0.0.1:${port}/jwks`,
    requests: () => requests,
    answerWith: (given) => {
      answer = given
    },
    publish: (given) => {
      answer = jwksAnswer(given)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function jwksAnswer(keys: readonly IdentityKey[]) {
  const body = jwksOf(keys)
  return (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json').end(body)
  }
}

export function jwksOf(keys: readonly IdentityKey[]): string {
  return JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) })
}
