// The cryptography that no honest server can leave out, in its cheapest form: node:crypto, signatures on the thread pool.

import {
  createCipheriv,
  createHash,
  generateKeyPairSync,
  hash,
  hkdfSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
} from 'node:crypto'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KID = randomUUID()
const HEADER = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: KID })).toString(
  'base64url',
)
const SIGNING_KEY = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const

export const JWKS = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: KID }],
})

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

export function isSecret(text: string, secretHash: Buffer): boolean {
  return timingSafeEqual(createHash('sha256').update(text).digest(), secretHash)
}

export function signJwt(claims: object): Promise<string> {
  const input = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(input), SIGNING_KEY, (error, signature) => {
      if (error) reject(error)
      else resolve(`${input}.${signature.toString('base64url')}`)
    })
  })
}

/** Under a key that only the holder of the secret can make again. */
export function sealWith(secret: string, plain: string): string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'answer', 32))
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64url')
}
