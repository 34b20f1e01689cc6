import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { jwksOf, newIdentityKey } from '../../test/support/identity-system.ts'
import {
  createTestContext,
  problemsOf,
  type TestContext,
} from '../../test/support/operation-context.ts'
import { addTrustedIssuer, type NewTrustedIssuer, suspendTrustedIssuer } from './trusted-issuers.ts'

const GOOD = { name: 'Accounts', issuer: 'https://id.example', audience: 'https://crm.example' }

const problemsWith = async (given: Partial<NewTrustedIssuer>, context?: TestContext) =>
  problemsOf(addTrustedIssuer({ ...GOOD, ...given }, context ?? (await createTestContext())))

const rsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' })

describe('a trusted issuer', () => {
  it('has its keys in one place', async () => {
    const pinnedKeys = jwksOf([await newIdentityKey('k1')])
    const jwksUri = 'https://id.example/jwks'
    expect(await problemsWith({ pinnedKeys })).toEqual([])
    expect(await problemsWith({ jwksUri })).toEqual([])
    expect(await problemsWith({})).toMatchObject([{ field: 'keys' }])
    expect(await problemsWith({ pinnedKeys, jwksUri })).toMatchObject([{ field: 'keys' }])
  })

  it.each([
    ['http://id.example/jwks'],
    ['http://127.0.0.1/jwks'],
    ['file:///etc/passwd'],
    ['ftp://id.example/jwks'],
    ['nowhere'],
  ])('RFC 8414 §2: does not fetch keys from %s for an issuer with https', async (jwksUri) => {
    expect(await problemsWith({ jwksUri })).toMatchObject([{ field: 'jwksUri' }])
  })

  it('fetches keys from this machine where the issuer itself has no https', async () => {
    const context = await createTestContext()
    const tenant = { ...context.tenant, issuer: 'http://localhost:3000' }
    const problems = (jwksUri: string) => problemsWith({ jwksUri }, { ...context, tenant })
    expect(await problems('http://127.0.0.1:4000/jwks')).toEqual([])
    expect(await problems('http://id.example/jwks')).toMatchObject([{ field: 'jwksUri' }])
  })

  it.each([
    ['no JSON', 'x'],
    ['no set', '[]'],
    ['an empty set', '{"keys":[]}'],
    ['a key that is no object', '{"keys":[1]}'],
    ['a secret', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'],
    ['a private key', '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}'],
    ['a key for something else', '{"keys":[{"kty":"OKP","crv":"X25519","x":"AA"}]}'],
    ['a short RSA key', JSON.stringify({ keys: [rsa(1024)] })],
    ['too many keys', JSON.stringify({ keys: Array(21).fill(rsa(2048)) })],
  ])('RFC 8725 §3.5: pins no keys like %s', async (_what, pinnedKeys) => {
    expect(await problemsWith({ pinnedKeys })).toMatchObject([{ field: 'pinnedKeys' }])
  })

  it('B12: is not this server itself, and is trusted once', async () => {
    const context = await createTestContext()
    const pinnedKeys = jwksOf([await newIdentityKey('k1')])
    const { issuer } = context.tenant
    expect(await problemsWith({ pinnedKeys, issuer }, context)).toMatchObject([{ field: 'issuer' }])
    expect(await problemsWith({ pinnedKeys }, context)).toEqual([])
    expect(await problemsWith({ pinnedKeys }, context)).toMatchObject([{ field: 'issuer' }])
    expect(await problemsOf(suspendTrustedIssuer({ issuer: 'unknown' }, context))).toMatchObject([
      { field: 'issuer' },
    ])
  })
})
