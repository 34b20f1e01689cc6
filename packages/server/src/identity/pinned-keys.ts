// Whether a JWK set can be pinned: public keys only, each of which could verify a signature.

import { createPublicKey } from 'node:crypto'

const MAX_KEYS = 20
const MIN_MODULUS_BITS = 2048

/** @returns what is wrong, as a clause after the name of the field; undefined when nothing is */
export function pinnedKeysProblem(text: string): string | undefined {
  const keys = readKeys(text)
  if (keys === undefined) return 'must be a JWK set: {"keys": [ … ]}'
  if (keys.length === 0 || keys.length > MAX_KEYS) return `must hold 1 to ${MAX_KEYS} keys`
  for (const [index, key] of keys.entries()) {
    const problem = keyProblem(key)
    if (problem !== undefined) return `key ${index + 1} ${problem}`
  }
  return undefined
}

function readKeys(text: string): readonly unknown[] | undefined {
  try {
    const set: unknown = JSON.parse(text)
    const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
    return Array.isArray(keys) ? keys : undefined
  } catch {
    return undefined
  }
}

function keyProblem(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return 'is no JWK'
  if ('k' in jwk || 'd' in jwk) return 'is secret: give the public key alone'
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    if (!SIGNING_TYPES.has(key.asymmetricKeyType ?? '')) return NO_SIGNATURES
    const bits = key.asymmetricKeyDetails?.modulusLength ?? MIN_MODULUS_BITS
    return bits < MIN_MODULUS_BITS ? `has fewer than ${MIN_MODULUS_BITS} bits` : undefined
  } catch {
    return NO_SIGNATURES
  }
}

const SIGNING_TYPES = new Set(['ec', 'ed25519', 'rsa'])
const NO_SIGNATURES = 'is of no type that verifies signatures'
