// What the access token of a test says, whatever its shape.

import type { AccessTokenFacts, JwtContext } from '../../src/protocol/access-token-facts.ts'
import { asClientId, asGrantId, asRevocationTag, asUserId } from '../../src/protocol/ids.ts'

export const SAMPLE_FACTS: AccessTokenFacts = {
  grantId: asGrantId('0123456789abcdef0123456789abcdef'),
  clientId: asClientId('web-app'),
  userId: asUserId('ada'),
  clientTag: asRevocationTag('c0'.repeat(10)),
  userTag: asRevocationTag('d1'.repeat(10)),
  organisationId: 'acme',
  unitId: 'acme-north',
  scopes: ['contacts:read', 'contacts:write'],
  audience: ['https://api.example/v1'],
  authTimeSeconds: 1_795_264_000,
  issuedAtSeconds: 1_795_264_811,
  expiresAtSeconds: 1_795_268_411,
}

export const SAMPLE_JWT_CONTEXT: JwtContext = {
  issuer: 'https://login.example',
  unique: 'fedcba9876543210'.repeat(3),
  username: 'ada@example.com',
  accessIdentifierId: '0F'.repeat(16),
}
