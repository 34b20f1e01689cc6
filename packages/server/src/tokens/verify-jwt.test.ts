import { createHmac, createPublicKey, sign } from 'node:crypto'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { createKeyRing } from './keys.ts'
import { createSigner, type Signer } from './signer.ts'
import { type VerifyContext, verifyJwt } from './verify-jwt.ts'

const TYPE = 'at+jwt'

const deps = createKeyDeps()
const keys = createKeyRing(deps)
const claims = { iss: deps.tenant.issuer, sub: 'user-ada', aud: 'api', exp: 1 }

let signer: Signer
let publicJwk: JWK
/** Somebody else's key pair: its signatures are good, but they are not ours. */
let attackerJwk: JWK
let attackerPublicJwk: JWK

beforeAll(async () => {
  signer = await keys.signer()
  publicJwk = (await keys.publicKeys())[0] ?? {}
  const pair = await generateKeyPair('ES256', { extractable: true })
  attackerJwk = await exportJWK(pair.privateKey)
  attackerPublicJwk = await exportJWK(pair.publicKey)
})

function verify(token: string, context: Partial<VerifyContext> = {}) {
  return verifyJwt(token, { issuer: deps.tenant.issuer, keys, type: TYPE, ...context })
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token signed with a key of the attacker's, under any header. */
async function signAsAttacker(header: object) {
  const input = `${encode({ alg: 'ES256', typ: TYPE, kid: signer.kid, ...header })}.${encode(claims)}`
  const { d = '', x = '', y = '' } = attackerJwk
  const key = { key: { kty: 'EC', crv: 'P-256', d, x, y }, format: 'jwk' } as const
  const signature = sign('sha256', Buffer.from(input), { ...key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

it('gives the claims of a token of ours, expired or not, and the key that they rest on', async () => {
  const { kid } = signer
  const key = await keys.findVerificationKey(kid)
  expect(key).toMatchObject({ algorithm: 'ES256', audience: '' })
  expect(await verify(await signer.sign(TYPE, claims))).toEqual({ claims, key })
})

describe('B10: the algorithm is the one of the key', () => {
  it.each(['none', 'None', 'NONE', '', null, ['ES256']])('not %j', async (alg) => {
    const input = `${encode({ alg, typ: TYPE, kid: signer.kid })}.${encode(claims)}`
    const signature = (await signer.sign(TYPE, claims)).split('.')[2]
    expect(await verify(`${input}.`)).toBeUndefined()
    expect(await verify(input)).toBeUndefined()
    expect(await verify(`${input}.${signature}`)).toBeUndefined()
  })

  it.each(['HS256', 'HS384', 'HS512'])('not %s with our public key as secret', async (alg) => {
    const pem = createPublicKey({ key: { ...publicJwk }, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    })
    const secrets = [pem, JSON.stringify(publicJwk), publicJwk.x ?? '', signer.kid, '']
    const input = `${encode({ alg, typ: TYPE, kid: signer.kid })}.${encode(claims)}`
    for (const secret of secrets) {
      const hash = alg.replace('HS', 'sha')
      const signature = createHmac(hash, secret).update(input).digest('base64url')
      expect(await verify(`${input}.${signature}`)).toBeUndefined()
    }
  })

  it('not another one that the same key could sign with', async () => {
    for (const alg of ['ES384', 'RS256', 'EdDSA']) {
      expect(await verify(await signAsAttacker({ alg }))).toBeUndefined()
    }
  })
})

describe('B11: the key is one of ours', () => {
  it.each([
    undefined,
    '',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    "' OR 1=1 --",
    0,
    null,
    ['kid'],
    { $ne: null },
  ])('whatever the kid says: %j', async (kid) => {
    expect(await verify(await signAsAttacker({ kid }))).toBeUndefined()
  })

  it('however long the kid is', async () => {
    expect(await verify(await signAsAttacker({ kid: 'x'.repeat(10_000) }))).toBeUndefined()
  })

  it('and not the one that the token brings along', async () => {
    const headers = [
      { jwk: attackerPublicJwk },
      { jwk: attackerPublicJwk, kid: undefined },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/certificate' },
      { x5c: ['MIIB'] },
    ]
    for (const header of headers) {
      expect(await verify(await signAsAttacker(header))).toBeUndefined()
    }
  })

  it('and no header that must be understood is passed over', async () => {
    const [, payload] = (await signer.sign(TYPE, claims)).split('.')
    const header = { alg: 'ES256', typ: TYPE, kid: signer.kid, crit: ['x'], x: true }
    expect(await verify(await resign(header, payload ?? ''))).toBeUndefined()
    const plain = await resign({ ...header, crit: undefined }, payload ?? '')
    expect(await verify(plain)).toMatchObject({ claims })
  })
})

/** What our own key would make of any header and payload. */
async function resign(header: object, payload: string): Promise<string> {
  const record = deps.store.records.find(({ kid }) => kid === signer.kid)
  if (!record) throw new Error('the current key is gone')
  const context = `${record.tenant}/${record.kid}`
  const jwk = JSON.parse(deps.sealer.open(record.sealedPrivateJwk, context) ?? '')
  const input = `${encode(header)}.${payload}`
  const key = { key: jwk, format: 'jwk', dsaEncoding: 'ieee-p1363' } as const
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

describe('B12: the token is of the right kind', () => {
  it.each(['JWT', 'logout+jwt', 'dpop+jwt', 'at+jwt2', ''])('not of the type %j', async (type) => {
    expect(await verify(await signer.sign(type, claims))).toBeUndefined()
  })

  it.each(['https://evil.example', 'https://login.example/', 'https://login.example/other', ''])(
    'not of the issuer %j',
    async (iss) => {
      expect(await verify(await signer.sign(TYPE, { ...claims, iss }))).toBeUndefined()
    },
  )

  it.each([undefined, null, ['https://login.example'], 42])(
    'not of the issuer %j, which is no text',
    async (iss) => {
      expect(await verify(await signer.sign(TYPE, { ...claims, iss }))).toBeUndefined()
    },
  )

  it('and where its kind names no issuer, the key alone tells that it is ours', async () => {
    const silent = { ...claims, iss: undefined }
    const token = await signer.sign(TYPE, silent)
    expect(await verify(token, { issuer: undefined })).toMatchObject({
      claims: { sub: 'user-ada' },
    })
    const forged = await createSigner(signer.kid, 'ES256', attackerJwk).sign(TYPE, silent)
    expect(await verify(forged, { issuer: undefined })).toBeUndefined()
  })

  it.each(['null', '[]', '"text"', '42', 'true', '', '{', '\0', '{"iss":"https://login.example"'])(
    'RFC 7519 §7.2: not with %j in the place of an object of claims',
    async (text) => {
      const header = { alg: 'ES256', typ: TYPE, kid: signer.kid }
      const token = await resign(header, Buffer.from(text).toString('base64url'))
      expect(await verify(token)).toBeUndefined()
      expect(await verify(token, { issuer: undefined })).toBeUndefined()
    },
  )

  it('not of another tenant, even with keys that share a kid', async () => {
    const other = createSigner(signer.kid, 'ES256', attackerJwk)
    expect(await verify(await other.sign(TYPE, claims))).toBeUndefined()
  })
})

it('B10: accepts no token in which a character was changed', async () => {
  const token = await signer.sign(TYPE, claims)
  const change = fc.record({
    // The last character of a signature has bits that stand for nothing.
    at: fc.nat(token.length - 2),
    letter: fc.constantFrom(
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=',
    ),
  })
  await fc.assert(
    fc.asyncProperty(change, async ({ at, letter }) => {
      const changed = token.slice(0, at) + letter + token.slice(at + 1)
      fc.pre(changed !== token)
      expect(await verify(changed)).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

it.each(['', '.', '..', 'a.b.c', 'ost_at_x', '\0', 'x'.repeat(100_000), `${'a.'.repeat(50_000)}a`])(
  'takes other text (%#) for no token',
  async (text) => {
    expect(await verify(text)).toBeUndefined()
  },
)
