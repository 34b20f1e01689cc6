import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { AccessToken } from '../src/access-token.ts'
import { toLineKey } from '../src/line-table.ts'
import { readSettings } from '../src/options.ts'
import { RevocationList } from '../src/revocation-list.ts'
import { jwtAt } from '../src/shapes/jwt-at.ts'
import { createTestIssuer } from '../src/testing.ts'

type Facts = ConstructorParameters<typeof AccessToken>[0]

test('security M5: a line for the whole tenant covers what was issued up to its second, and nothing later', async () => {
  const issuer = createTestIssuer()
  const settings = readSettings(issuer.guardOptions)
  const claims = decodeJwt(await issuer.mint({ issuedAtSeconds: 1_000_000_000 }))
  const token = new AccessToken(jwtAt.jwt?.readClaims(claims, settings) as Facts)
  const covers = (issuedUntilSeconds: number) => {
    const lines = new RevocationList()
    const line = {
      kind: 'tenant',
      key: toLineKey(Buffer.alloc(16)),
      expiresAtSeconds: 2_000_000_000,
    } as const
    lines.add({ ...line, issuedUntilSeconds }, 1_000_000_000)
    return lines.covers(token)
  }
  expect([999_999_999, 1_000_000_000, 1_000_000_001].map(covers)).toEqual([false, true, true])
})
