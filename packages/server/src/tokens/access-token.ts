// Access tokens as JWTs, in the shape that the contract lays down.

import { newId } from '../platform/random.ts'
import type { AccessTokenFacts, PartialFacts } from '../protocol/access-token-facts.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { KeyRing, VerificationKey } from './keys.ts'
import { verifyJwt } from './verify-jwt.ts'

/** Who stands behind a token that was given for an application key, in the words of its claims. */
export interface Consumer {
  readonly username: string
  readonly accessIdentifierId: string
}

const UNIQUE_BYTES = 24

export async function signAccessToken(
  input: { facts: AccessTokenFacts; consumer: Consumer | undefined },
  { tenant, keys }: { tenant: Tenant; keys: KeyRing },
): Promise<string> {
  const { facts, consumer } = input
  const { type, writeClaims } = tenant.rules.jwt
  const signer = await keys.signer(facts.audience)
  const claims = writeClaims(facts, {
    issuer: tenant.issuer,
    unique: newId({ kind: 'hex', bytes: UNIQUE_BYTES }),
    username: consumer?.username,
    accessIdentifierId: consumer?.accessIdentifierId,
  })
  return signer.sign(type, claims)
}

export interface ReadAccessToken {
  readonly said: PartialFacts
  /** The one that it is signed with. */
  readonly key: VerificationKey
}

/** Reads back an access token of ours. @returns undefined when it is not one, or has expired. */
export async function readAccessToken(
  token: string,
  { tenant, keys, nowSeconds }: { tenant: Tenant; keys: KeyRing; nowSeconds: number },
): Promise<ReadAccessToken | undefined> {
  const { type, readClaims, saysIssuer } = tenant.rules.jwt
  const issuer = saysIssuer ? tenant.issuer : undefined
  const verified = await verifyJwt(token, { issuer, keys, type })
  const said = verified && readClaims(verified.claims)
  return said && isAlive(said, nowSeconds) ? { said, key: verified.key } : undefined
}

/** A time that is missing, or no number, is not a finite one. */
function isAlive({ issuedAtSeconds, expiresAtSeconds }: PartialFacts, nowSeconds: number): boolean {
  return [issuedAtSeconds, expiresAtSeconds].every(Number.isFinite) && nowSeconds < expiresAtSeconds
}
