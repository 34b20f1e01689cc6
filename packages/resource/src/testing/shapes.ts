// How a test issuer writes the tokens of each contract: the other side of `src/shapes`, from what a token says in the
// usual claim names to the wire.

import {
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import type { JWK } from 'jose'
import { newOpaqueToken } from '../opaque-form.ts'
import type { ContractName } from '../shapes/by-contract.ts'

export interface SigningKey {
  readonly kid: string
  readonly key: KeyObject
  /** As the issuer hands it out. */
  readonly jwk: JWK
}

/** Claims by the names of RFC 9068 §2.2, as an introspection answer has them. */
export interface UsualClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly grant_id: string
  readonly org_id: string | undefined
  readonly unit_id: string | undefined
  /** The tags of app and user. */
  readonly rev: { readonly c: string; readonly u?: string }
  readonly [further: string]: unknown
}

export interface MintShape {
  /** Undefined where tokens are opaque. */
  readonly jwt: MintJwt | undefined
  /** A new opaque token. */
  newOpaque(): string
}

export interface MintJwt {
  /** Whether the feed can name the app and the user by tags that a token carries. */
  readonly hasTags: boolean
  readonly typ: string
  readonly alg: string
  /** Whether the keys are told to this API alone, or published. */
  readonly keys: 'published' | 'secret'
  /** Whether the claims are the usual ones, which name issuer and API; if not, only the key tells them. */
  readonly hasUsualClaims: boolean
  newKey(): SigningKey
  toClaims(usual: UsualClaims): Record<string, unknown>
}

const usual: MintShape = {
  newOpaque: () => newOpaqueToken(randomBytes(32).toString('base64url')),
  jwt: {
    typ: 'at+jwt',
    alg: 'ES256',
    keys: 'published',
    hasUsualClaims: true,
    hasTags: true,
    newKey: () => fromPair(generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'ES256'),
    toClaims: (claims) => ({ ...claims, jti: randomUUID() }),
  },
}

const jsonApi: MintShape = { newOpaque: () => randomBytes(32).toString('hex'), jwt: undefined }

const financialCents: MintShape = {
  ...usual,
  jwt: {
    typ: 'JWT',
    alg: 'RS256',
    keys: 'published',
    hasUsualClaims: false,
    hasTags: true,
    newKey: () => fromPair(generateKeyPairSync('rsa', { modulusLength: 2048 }), 'RS256'),
    toClaims({ client_id, grant_id, iat, exp, sub, scope, rev }) {
      const fraction = 0.250001
      return {
        aud: client_id,
        jti: [
          checkGrantId(grant_id),
          rev.c,
          rev.u ?? newTag(),
          randomBytes(4).toString('hex'),
        ].join(''),
        iat: iat + fraction,
        nbf: iat + fraction,
        exp: exp + fraction,
        sub,
        scopes: scope.split(' ').filter(Boolean),
      }
    },
  },
}

const crmCom: MintShape = {
  ...usual,
  jwt: {
    typ: 'JWT',
    alg: 'HS256',
    keys: 'secret',
    hasUsualClaims: false,
    hasTags: false,
    newKey() {
      const bytes = randomBytes(32)
      const kid = randomUUID()
      const jwk = { kty: 'oct', k: bytes.toString('base64url'), kid, alg: 'HS256', use: 'sig' }
      return { kid, key: createSecretKey(bytes), jwk }
    },
    toClaims: ({ sub, org_id = 'organisation-1', unit_id, grant_id, iat, exp }) => ({
      cii: sub,
      usr: sub,
      org: org_id,
      ari: randomBytes(16).toString('hex').toUpperCase(),
      oun: unit_id,
      jti: checkGrantId(grant_id).toUpperCase(),
      iat: String(iat),
      exp: String(exp),
    }),
  },
}

export const MINT_SHAPES: Readonly<Record<ContractName, MintShape>> = {
  standard: usual,
  'mister-james': usual,
  'json-api': jsonApi,
  'crm-com': crmCom,
  'financial-cents': financialCents,
  versioned: usual,
}

export function newTag(): string {
  return randomBytes(10).toString('hex')
}

export function newGrantId(): string {
  return randomBytes(16).toString('hex')
}

function checkGrantId(id: string): string {
  if (/^[0-9a-f]{32}$/.test(id)) return id
  throw new TypeError(`grantId "${id}" does not fit into jti: give 32 digits, 0-9 and a-f`)
}

function fromPair(pair: { publicKey: KeyObject; privateKey: KeyObject }, alg: string): SigningKey {
  const kid = randomUUID()
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
  return { kid, key: pair.privateKey, jwk }
}
