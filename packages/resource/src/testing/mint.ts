// Makes access tokens as the real issuer does (RFC 9068), and every kind that an API must refuse.

import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { type JWK, SignJWT } from 'jose'

export interface MintOptions {
  /** The user; null when the app acts for itself. Default `user-1`. */
  readonly userId?: string | null
  /** Default `client-1`. */
  readonly clientId?: string
  readonly scopes?: readonly string[]
  readonly organisationId?: string
  readonly unitId?: string
  /** Default: a new one for each token. */
  readonly grantId?: string
  /** Default: now. */
  readonly issuedAtSeconds?: number
  /** Default 300. */
  readonly expiresInSeconds?: number
  readonly authTimeSeconds?: number
  /** Claims to add or replace by their wire names; undefined takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Header parameters to add or replace. */
  readonly header?: Readonly<Record<string, unknown>>
}

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
}

type MintOne = (options?: MintOptions) => Promise<string>

export interface Mint extends MintOne {
  /** A token of an app that acts for itself: no user. */
  readonly forApp: MintOne
  readonly expired: MintOne
  readonly wrongAudience: MintOne
  readonly wrongIssuer: MintOne
  /** Signed with a key that the issuer never published, under the kid of one that it did. */
  readonly forged: MintOne
}

export interface MintSettings {
  readonly issuer: string
  readonly audience: string
  readonly key: () => SigningKey
}

export function newSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomUUID()
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
  return { kid, privateKey, publicJwk }
}

export function createMint(settings: MintSettings): Mint {
  const mint: MintOne = (options) => sign(settings, options, settings.key())
  const withClaims =
    (claims: Record<string, unknown>): MintOne =>
    (options) =>
      mint({ ...options, claims: { ...claims, ...options?.claims } })
  return Object.assign(mint, {
    forApp: ((options) => mint({ ...options, userId: null })) satisfies MintOne,
    expired: ((options) =>
      mint({ issuedAtSeconds: nowSeconds() - 3600, ...options })) satisfies MintOne,
    wrongAudience: withClaims({ aud: 'https://other-api.test' }),
    wrongIssuer: withClaims({ iss: 'https://other-issuer.test' }),
    forged: ((options) => {
      const { privateKey } = newSigningKey()
      return sign(settings, options, { ...settings.key(), privateKey })
    }) satisfies MintOne,
  })
}

/** The claims of a token, in the wire names of JWTs and introspection answers alike. */
export function toClaims(
  settings: MintSettings,
  options: MintOptions = {},
): Record<string, unknown> {
  const { userId = 'user-1', clientId = 'client-1' } = options
  const issuedAtSeconds = options.issuedAtSeconds ?? nowSeconds()
  return {
    iss: settings.issuer,
    sub: userId ?? clientId,
    aud: settings.audience,
    client_id: clientId,
    scope: (options.scopes ?? []).join(' '),
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + (options.expiresInSeconds ?? 300),
    jti: randomUUID(),
    grant_id: options.grantId ?? randomUUID(),
    org_id: options.organisationId,
    unit_id: options.unitId,
    auth_time: options.authTimeSeconds,
    ...options.claims,
  }
}

function sign(
  settings: MintSettings,
  options: MintOptions | undefined,
  { kid, privateKey }: SigningKey,
): Promise<string> {
  return new SignJWT(toClaims(settings, options))
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...options?.header })
    .sign(privateKey)
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
