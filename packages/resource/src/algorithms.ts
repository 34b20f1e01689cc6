// Signature algorithms by the kind of their keys. The two kinds are never mixed (RFC 8725 §3.1).

/** With a public key: what a guard may be told to accept. */
export const PUBLIC_KEY_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
] as const

export type Algorithm = (typeof PUBLIC_KEY_ALGORITHMS)[number]
