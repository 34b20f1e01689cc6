// Signs compact JWS. The signature is made on the thread pool, so that the event loop stays free while it runs.

import {
  createHmac,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import type { JWK } from 'jose'
import type { SigningAlgorithm } from '../protocol/policy.ts'

export interface Signer {
  readonly kid: string
  readonly algorithm: SigningAlgorithm
  /** @param type the JWS header `typ`, which keeps one kind of token from passing as another (RFC 8725 §3.11) */
  sign(type: string, claims: object): Promise<string>
}

export function createSigner(kid: string, algorithm: SigningAlgorithm, privateJwk: JWK): Signer {
  // RFC 7518 §3.4: an ECDSA signature is R and S side by side, not DER. The option is ignored for other keys.
  const key = { key: openKey(privateJwk), dsaEncoding: 'ieee-p1363' as const }
  const headers = new Map<string, string>()

  function encodeHeader(type: string): string {
    const known = headers.get(type)
    if (known) return known
    const header = encode({ alg: algorithm, typ: type, kid })
    headers.set(type, header)
    return header
  }

  return {
    kid,
    algorithm,
    async sign(type, claims) {
      const input = `${encodeHeader(type)}.${encode(claims)}`
      const signature = await signBytes(algorithm, Buffer.from(input), key)
      return `${input}.${signature.toString('base64url')}`
    },
  }
}

function openKey({ k, ...jwk }: JWK): KeyObject {
  return k === undefined
    ? createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    : createSecretKey(k, 'base64url')
}

/** What `crypto.sign` calls each algorithm (RFC 7518 §3.1, RFC 8037 §3.1). */
const DIGESTS: Record<Exclude<SigningAlgorithm, 'HS256'>, string | null> = {
  ES256: 'sha256',
  RS256: 'sha256',
  EdDSA: null,
}

function signBytes(
  algorithm: SigningAlgorithm,
  bytes: Buffer,
  key: SignKeyObjectInput & { readonly key: KeyObject },
): Promise<Buffer> {
  // A few microseconds: not worth the way to the thread pool.
  if (algorithm === 'HS256') {
    return Promise.resolve(createHmac('sha256', key.key).update(bytes).digest())
  }
  return new Promise((resolve, reject) => {
    sign(DIGESTS[algorithm], bytes, key, (error, signature) => {
      if (error) reject(error)
      else resolve(signature)
    })
  })
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
