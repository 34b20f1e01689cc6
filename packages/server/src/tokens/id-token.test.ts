import { createHash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { createKeyDeps } from '../../test/support/memory-key-store.ts'
import { ID_TOKEN_ALGORITHMS } from '../protocol/policy.ts'
import { readAccessToken } from './access-token.ts'
import { readIdTokenHint, signIdToken } from './id-token.ts'
import { createKeyRing } from './keys.ts'

const deps = createKeyDeps()
const keys = createKeyRing(deps)
const { issuer } = deps.tenant
const now = deps.clock.nowSeconds()

const facts = {
  userId: 'user-ada',
  clientId: 'web-app',
  nonce: 'nonce-1',
  authTimeSeconds: now - 10,
  issuedAtSeconds: now,
  expiresAtSeconds: now + 3600,
  accessToken: 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y',
  profile: undefined,
}
const signHint = async (changes: Partial<typeof facts> = {}) =>
  signIdToken({ ...facts, ...changes }, { issuer, signer: await keys.signer() })
const readHint = (token: string) => readIdTokenHint(token, { issuer, keys })

it('OIDC Core §2: an ID token has iss, sub, aud, exp, iat, and nonce when one was sent', async () => {
  expect(decodeJwt(await signHint())).toEqual({
    iss: issuer,
    sub: 'user-ada',
    aud: 'web-app',
    iat: now,
    exp: now + 3600,
    auth_time: now - 10,
    nonce: 'nonce-1',
    at_hash: '77QmUPtjPfzWtF2AnpK9RQ',
  })
  const signer = await keys.signer()
  const silent = { ...facts, nonce: null, authTimeSeconds: null }
  const payload = decodeJwt(await signIdToken(silent, { issuer, signer }))
  expect(Object.keys(payload).toSorted()).toEqual(['at_hash', 'aud', 'exp', 'iat', 'iss', 'sub'])
})

it.each(ID_TOKEN_ALGORITHMS)('clients G12: at_hash fits the algorithm %s', async (algorithm) => {
  const signer = await keys.idTokenSigner(algorithm)
  const token = await signIdToken(facts, { issuer, signer })
  const { at_hash: found } = decodeJwt(token)
  const hash = createHash(algorithm === 'EdDSA' ? 'sha512' : 'sha256').update(facts.accessToken)
  // OIDC Core §3.1.3.6: the left half.
  const digest = hash.digest('hex')
  expect(Buffer.from(String(found), 'base64url').toString('hex')).toBe(
    digest.slice(0, digest.length / 2),
  )
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'JWT' })
  expect(await readHint(token)).toEqual({ userId: 'user-ada', clientId: 'web-app' })
})

it('clients G6: what it tells about the user never stands in for what the token is about', async () => {
  const profile = { name: 'Ada', sub: 'user-eve', aud: 'other-app', iss: 'https://evil.example' }
  const signer = await keys.signer()
  expect(decodeJwt(await signIdToken({ ...facts, profile }, { issuer, signer }))).toMatchObject({
    ...{ name: 'Ada', sub: 'user-ada', aud: 'web-app', iss: issuer },
  })
})

it('D5: an ID token is a hint for as long as its key is known, also when it has expired', async () => {
  const hint = { userId: 'user-ada', clientId: 'web-app' }
  const token = await signHint()
  expect(await readHint(token)).toEqual(hint)
  expect(await readHint(await signHint({ expiresAtSeconds: now - 1_000_000 }))).toEqual(hint)
  const [header, , signature] = token.split('.')
  const [, payload] = (await signHint({ userId: 'user-eve' })).split('.')
  expect(await readHint(`${header}.${payload}.${signature}`)).toBeUndefined()
})

it('D5: an ID token of another issuer is no hint, even with a key of ours', async () => {
  const signer = await keys.signer()
  const token = await signIdToken(facts, { issuer: 'https://evil.example', signer })
  expect(await readHint(token)).toBeUndefined()
})

it('B12: an ID token and an access token are never taken for each other', async () => {
  const claims = { ...decodeJwt(await signHint()), client_id: 'web-app', grant_id: 'grant-1' }
  const signer = await keys.signer()
  const context = { tenant: deps.tenant, keys, nowSeconds: now }
  const accessToken = await signer.sign('at+jwt', claims)
  expect(await readAccessToken(accessToken, context)).toBeDefined()
  expect(await readHint(accessToken)).toBeUndefined()
  expect(await readAccessToken(await signer.sign('JWT', claims), context)).toBeUndefined()
})

it.each([['web-app', 'other-app'], 42, undefined, null])(
  'D5: an ID token is no hint when it is for %j',
  async (aud) => {
    const signer = await keys.signer()
    const claims = { ...decodeJwt(await signHint()), aud }
    expect(await readHint(await signer.sign('JWT', claims))).toBeUndefined()
  },
)
