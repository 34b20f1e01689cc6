import { compactVerify, exportJWK, generateKeyPair, generateSecret } from 'jose'
import { expect, it } from 'vitest'
import { createSigner } from './signer.ts'

it.each(['ES256', 'RS256', 'EdDSA'] as const)(
  'RFC 7515 §3.1: what it signs with %s, other libraries verify',
  async (algorithm) => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
    const signer = createSigner('key-1', algorithm, await exportJWK(privateKey))
    const claims = [{ text: 'é\u{1f511}' }, { text: 'other', none: undefined }]
    const tokens = await Promise.all(claims.map((each) => signer.sign('at+jwt', each)))
    for (const [index, token] of tokens.entries()) {
      const { payload, protectedHeader } = await compactVerify(token, publicKey)
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: 'key-1' })
      expect(new TextDecoder().decode(payload)).toBe(JSON.stringify(claims[index]))
    }
  },
)

it('RFC 7518 §3.2: what it signs with HS256, other libraries verify with the same secret', async () => {
  const secret = await generateSecret('HS256', { extractable: true })
  const signer = createSigner('key-1', 'HS256', await exportJWK(secret))
  const claims = { text: 'é\u{1f511}' }
  const { payload, protectedHeader } = await compactVerify(await signer.sign('JWT', claims), secret)
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'key-1' })
  expect(new TextDecoder().decode(payload)).toBe(JSON.stringify(claims))
})

it('RFC 8725 §3.11: gives each kind of token its own type', async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signer = createSigner('key-1', 'ES256', await exportJWK(privateKey))
  const types = ['at+jwt', 'JWT', 'at+jwt']
  const tokens = await Promise.all(types.map((type) => signer.sign(type, {})))
  const headers = tokens.map((token) =>
    JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()),
  )
  expect(headers.map(({ typ }) => typ)).toEqual(types)
})
