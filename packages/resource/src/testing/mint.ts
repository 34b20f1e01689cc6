// Makes access tokens as the real issuer does, and every kind that an API must refuse.

import { CompactSign } from 'jose'
import {
  type MintJwt,
  type MintShape,
  newGrantId,
  type SigningKey,
  type UsualClaims,
} from './shapes.ts'

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

type MintOne = (options?: MintOptions) => Promise<string>

export interface Mint extends MintOne {
  /** A token of an app that acts for itself: no user. */
  readonly forApp: MintOne
  readonly expired: MintOne
  readonly wrongAudience: MintOne
  readonly wrongIssuer: MintOne
  /** Signed with a key that the issuer never published, under the kid of one that it did; or, if opaque, made up. */
  readonly forged: MintOne
}

export interface MintSettings {
  readonly issuer: string
  readonly audience: string
  readonly shape: MintShape
  readonly key: () => SigningKey
  /** By what the feed knows an app or a user now. */
  readonly tagOf: (kind: 'client' | 'user', id: string) => string
  /** Tells the issuer what it will say about a token when it is asked. */
  readonly remember: (token: string, claims: Record<string, unknown>) => void
}

export function createMint(settings: MintSettings): Mint {
  const mint: MintOne = (options) => mintOne(settings, options)
  return Object.assign(mint, {
    forApp: ((options) => mint({ ...options, userId: null })) satisfies MintOne,
    expired: ((options) =>
      mint({ issuedAtSeconds: nowSeconds() - 3600, ...options })) satisfies MintOne,
    wrongAudience: mintForeign(settings, { aud: 'https://other-api.test' }),
    wrongIssuer: mintForeign(settings, { iss: 'https://other-issuer.test' }),
    forged: mintUnknown(settings, () => ({ ...newKey(settings), kid: settings.key().kid })),
  })
}

/** Of another issuer or API: told by claims, or else by a key of theirs. */
function mintForeign(settings: MintSettings, claims: Record<string, unknown>): MintOne {
  const { jwt } = settings.shape
  if (jwt && !jwt.hasUsualClaims) return mintUnknown(settings, jwt.newKey)
  return (options) => mintOne(settings, { ...options, claims: { ...claims, ...options?.claims } })
}

/** Not a token that the issuer knows of. */
function mintUnknown(settings: MintSettings, key: () => SigningKey): MintOne {
  return (options) => mintOne({ ...settings, key, remember: () => undefined }, options)
}

async function mintOne(settings: MintSettings, options?: MintOptions): Promise<string> {
  const { jwt } = settings.shape
  return jwt ? await mintJwt(settings, jwt, options) : mintOpaque(settings, options)
}

export function mintOpaque(settings: MintSettings, options: MintOptions = {}): string {
  const token = settings.shape.newOpaque()
  settings.remember(token, { ...toUsualClaims(settings, options), ...options.claims })
  return token
}

async function mintJwt(
  settings: MintSettings,
  jwt: MintJwt,
  options: MintOptions = {},
): Promise<string> {
  const usual = toUsualClaims(settings, options)
  const claims = { ...jwt.toClaims(usual), ...options.claims }
  const { kid, key } = settings.key()
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: jwt.alg, typ: jwt.typ, kid, ...options.header })
    .sign(key)
  settings.remember(token, jwt.hasUsualClaims ? claims : { ...usual })
  return token
}

function toUsualClaims(
  { issuer, audience, tagOf }: MintSettings,
  { userId = 'user-1', clientId = 'client-1', ...options }: MintOptions,
): UsualClaims {
  const issuedAtSeconds = options.issuedAtSeconds ?? nowSeconds()
  return {
    iss: issuer,
    sub: userId ?? clientId,
    aud: audience,
    client_id: clientId,
    scope: (options.scopes ?? []).join(' '),
    iat: issuedAtSeconds,
    exp: issuedAtSeconds + (options.expiresInSeconds ?? 300),
    grant_id: options.grantId ?? newGrantId(),
    org_id: options.organisationId,
    unit_id: options.unitId,
    auth_time: options.authTimeSeconds,
    rev: { c: tagOf('client', clientId), ...(userId && { u: tagOf('user', userId) }) },
  }
}

function newKey({ shape }: MintSettings): SigningKey {
  if (shape.jwt) return shape.jwt.newKey()
  throw new Error('opaque tokens have no key')
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
