import {
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, exportJWK, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { PUBLIC_KEY_ALGORITHMS } from '../src/algorithms.ts'
import { type VerificationKey, verifyCompactJws } from '../src/compact-jws.ts'

const CLAIMS = Buffer.from('{"sub":"anna"}')

function keyPairFor(alg: string) {
  if (alg.startsWith('ES')) {
    const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] ?? ''
    return generateKeyPairSync('ec', { namedCurve })
  }
  return alg.startsWith('Ed') ? generateKeyPairSync('ed25519') : rsaPair(2048)
}

function rsaPair(modulusLength: number) {
  return generateKeyPairSync('rsa', { modulusLength })
}

/** As the key set of an issuer hands it out. */
async function published(publicKey: KeyObject, alg: string): Promise<VerificationKey> {
  return importJWK(await exportJWK(publicKey), alg)
}

function sign(alg: string, key: KeyObject | Uint8Array): Promise<string> {
  return new CompactSign(CLAIMS).setProtectedHeader({ alg, kid: 'k' }).sign(key)
}

function hmacJws(header: object, key: Uint8Array): string {
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url')
  const signed = `${encoded}.${CLAIMS.toString('base64url')}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

function verify(jws: string, key: VerificationKey, algorithms: readonly string[]) {
  return verifyCompactJws(jws, { algorithms, findKey: async () => key })
}

describe.each(PUBLIC_KEY_ALGORITHMS)('RFC 7518 §3.1: %s', (alg) => {
  const { publicKey, privateKey } = keyPairFor(alg)

  test('takes what jose signed', async () => {
    const jws = await sign(alg, privateKey)
    const { header, payload } = await verify(jws, await published(publicKey, alg), [alg])
    expect(header).toMatchObject({ alg, kid: 'k' })
    expect(payload).toEqual(CLAIMS)
  })

  test('refuses another signature, and another text', async () => {
    const key = await published(publicKey, alg)
    const [header, payload, signature] = (await sign(alg, privateKey)).split('.')
    const other = (await sign(alg, keyPairFor(alg).privateKey)).split('.')[2]
    const text = Buffer.from('{"sub":"bert"}').toString('base64url')
    for (const jws of [`${header}.${payload}.${other}`, `${header}.${text}.${signature}`]) {
      await expect(verify(jws, key, [alg])).rejects.toMatchObject({ reason: 'signature_invalid' })
    }
  })
})

describe('RFC 8725 §3.1', () => {
  test('a published key checks no HMAC, even where HS256 is accepted', async () => {
    const { publicKey } = keyPairFor('ES256')
    const bytes = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }))
    const jws = await sign('HS256', bytes)
    const key = await published(publicKey, 'ES256')
    await expect(verify(jws, key, ['HS256', 'ES256'])).rejects.toMatchObject({
      reason: 'signature_invalid',
    })
    expect((await verify(jws, bytes, ['HS256'])).payload).toEqual(CLAIMS)
  })

  test('a secret key checks HS256 alone, whatever the header calls an HMAC', async () => {
    const key = randomBytes(32)
    const jws = hmacJws({ alg: 'ES256' }, key)
    await expect(verify(jws, key, ['ES256'])).rejects.toMatchObject({ reason: 'signature_invalid' })
    const honest = hmacJws({ alg: 'HS256' }, key)
    expect((await verify(honest, key, ['HS256'])).payload).toEqual(CLAIMS)
  })
})

test('RFC 7515 §4.1.11: refuses an extension that the token calls critical', async () => {
  const key = randomBytes(32)
  const jws = hmacJws({ alg: 'HS256', crit: ['b64'], b64: true }, key)
  await expect(verify(jws, key, ['HS256'])).rejects.toMatchObject({
    reason: 'header_not_supported',
  })
})

test('RFC 7518 §3.3: refuses an RSA key of less than 2048 bits', async () => {
  const { publicKey, privateKey } = rsaPair(1024)
  const jwk = publicKey.export({ format: 'jwk' })
  const short = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await webcrypto.subtle.importKey('jwk', jwk, short, true, ['verify'])
  const signer = await webcrypto.subtle.importKey(
    'jwk',
    privateKey.export({ format: 'jwk' }),
    short,
    false,
    ['sign'],
  )
  const header = Buffer.from('{"alg":"RS256"}').toString('base64url')
  const signed = `${header}.${CLAIMS.toString('base64url')}`
  const signature = await webcrypto.subtle.sign('RSASSA-PKCS1-v1_5', signer, Buffer.from(signed))
  const jws = `${signed}.${Buffer.from(signature).toString('base64url')}`
  await expect(verify(jws, key, ['RS256'])).rejects.toThrow('1024 bits')
})

test('RFC 7515 §2: takes no character that base64url does not have', async () => {
  const { publicKey, privateKey } = keyPairFor('ES256')
  const key = await published(publicKey, 'ES256')
  const jws = await sign('ES256', privateKey)
  const position = fc.integer({ min: 0, max: jws.length })
  await fc.assert(
    fc.asyncProperty(position, fc.constantFrom(...' =+/\n\r\t!\0é'), async (at, character) => {
      const changed = jws.slice(0, at) + character + jws.slice(at)
      await expect(verify(changed, key, ['ES256'])).rejects.toMatchObject({
        reason: 'token_malformed',
      })
    }),
  )
})
