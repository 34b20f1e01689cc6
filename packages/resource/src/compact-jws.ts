// Checks the signature of a compact JWS (RFC 7515 §5.2) in line: on the thread pool it costs twice the CPU time, and
// the way there and back as much of the event loop as the check itself. Knows no claims.

import {
  constants,
  createHmac,
  KeyObject,
  timingSafeEqual,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto'
import type { Algorithm } from './algorithms.ts'
import { isObject } from './documents.ts'
import { TokenError } from './token-error.ts'

/** The protected header, as far as it is used. */
export interface JwsHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: unknown
}

/** A published key, or the bytes of a secret one. */
export type VerificationKey = CryptoKey | Uint8Array

/** Finds the key of a header, only ever among the issuer's own. @throws TokenError key_unknown, keys_unavailable */
export type FindKey = (header: JwsHeader) => Promise<VerificationKey>

export interface Jws {
  readonly header: JwsHeader
  readonly payload: Buffer
}

/** @throws TokenError token_malformed, algorithm_not_allowed, header_not_supported, signature_invalid */
export async function verifyCompactJws(
  jws: string,
  { algorithms, findKey }: { readonly algorithms: readonly string[]; readonly findKey: FindKey },
): Promise<Jws> {
  const parts = PARTS.exec(jws)
  if (!parts) throw malformed('not three parts of base64url')
  const [, signed = '', encodedHeader = '', payload = '', signature = ''] = parts
  const header = readHeader(encodedHeader)
  if (!algorithms.includes(header.alg)) {
    throw new TokenError('algorithm_not_allowed', {
      detail: `alg is ${JSON.stringify(header.alg)}`,
    })
  }
  const key = await findKey(header)
  const proof = { signed: Buffer.from(signed), signature: Buffer.from(signature, 'base64url') }
  if (!isGood(proof, header.alg, key)) {
    throw new TokenError('signature_invalid')
  }
  return { header, payload: Buffer.from(payload, 'base64url') }
}

/** RFC 7515 §2: base64url without padding, and nothing else. What is signed is the first two parts as they came. */
const PARTS = /^(([\w-]+)\.([\w-]+))\.([\w-]+)$/

/** jwk, jku and x5u are never looked at; an extension named by `crit` is refused (RFC 8725 §3.10, RFC 7515 §4.1.11). */
function readHeader(encoded: string): JwsHeader {
  const { alg, kid, typ, crit } = parseObject(Buffer.from(encoded, 'base64url'), 'the header')
  if (crit !== undefined) {
    throw new TokenError('header_not_supported', { detail: `crit is ${JSON.stringify(crit)}` })
  }
  if (typeof alg !== 'string') throw malformed('the header has no alg')
  if (kid !== undefined && typeof kid !== 'string') throw malformed('kid is no text')
  return { alg, typ, ...(kid !== undefined && { kid }) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws TokenError token_malformed */
export function parseObject(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch (cause) {
    throw malformed(`${what} is not JSON`, cause)
  }
  if (isObject(value)) return value
  throw malformed(`${what} is no JSON object`)
}

function malformed(detail: string, cause?: unknown): TokenError {
  return new TokenError('token_malformed', { detail, cause })
}

interface Scheme extends Omit<VerifyKeyObjectInput, 'key'> {
  readonly digest: string | null
}

/** RFC 7518 §3.4: R and S side by side, not DER. */
const ecdsa = (digest: string): Scheme => ({ digest, dsaEncoding: 'ieee-p1363' })
/** RFC 7518 §3.5: the salt is as long as the digest. */
const pss = (digest: string): Scheme => ({
  digest,
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
})
/** RFC 8037 §3.1 */
const EDDSA: Scheme = { digest: null }

const SCHEMES: Readonly<Record<Algorithm, Scheme>> = {
  ES256: ecdsa('sha256'),
  ES384: ecdsa('sha384'),
  ES512: ecdsa('sha512'),
  RS256: { digest: 'sha256' },
  RS384: { digest: 'sha384' },
  RS512: { digest: 'sha512' },
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  EdDSA: EDDSA,
  Ed25519: EDDSA,
}

interface Proof {
  readonly signed: Buffer
  readonly signature: Buffer
}

/** The two kinds of keys are never mixed (RFC 8725 §3.1): bytes check an HMAC alone, a published key never one. */
function isGood({ signed, signature }: Proof, alg: string, key: VerificationKey): boolean {
  if (key instanceof Uint8Array) {
    if (alg !== 'HS256') return false
    const expected = createHmac('sha256', key).update(signed).digest()
    return expected.length === signature.length && timingSafeEqual(expected, signature)
  }
  const scheme = (SCHEMES as Readonly<Record<string, Scheme>>)[alg]
  if (scheme === undefined) return false
  const { digest, ...how } = scheme
  return verify(digest, signed, { ...how, key: openKey(key) }, signature)
}

const opened = new WeakMap<CryptoKey, KeyObject>()

/** RFC 7518 §3.3: 2048 bits or larger. @throws TypeError */
function openKey(key: CryptoKey): KeyObject {
  const known = opened.get(key)
  if (known) return known
  const object = KeyObject.from(key)
  const { modulusLength } = object.asymmetricKeyDetails ?? {}
  if (modulusLength !== undefined && modulusLength < 2048) {
    throw new TypeError(`the issuer's RSA key has ${modulusLength} bits, 2048 are needed`)
  }
  opened.set(key, object)
  return object
}
