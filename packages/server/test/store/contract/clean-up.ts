// What every store must remove when its time is over, and what it must keep.

import { describe, expect, test } from 'vitest'
import { lastTokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { Store } from '../../../src/store/port.ts'
import {
  accessTokenRecord,
  applicationKeyRecord,
  approvalOf,
  approve,
  CLIENT,
  clientRecord,
  codeRecord,
  consentRecord,
  DAY,
  grantRecord,
  HOUR,
  keyRecord,
  NOW,
  newGrantId,
  newTenant,
  organisationRecord,
  PASSWORD_HASH,
  RETRY_WINDOW,
  redemptionOf,
  refreshTokenRecord,
  rotationOf,
  sessionRecord,
  startChain,
  USER,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

const BATCH = 50

async function cleanUp(store: Store, nowSeconds: number): Promise<void> {
  while ((await store.deleteExpired(nowSeconds, BATCH)) > 0);
}

export function cleanUpContract(store: TheStore): void {
  describe('clean-up', () => {
    test('removes at most so many rows of a table at a time, and says how many there are', async () => {
      await cleanUp(store(), NOW + HOUR)
      const tenant = newTenant()
      const purpose = 'jti'
      const expiresAtSeconds = NOW + HOUR
      for (let i = 0; i < 5; i++) {
        await store().claimOnce({ tenant, purpose, id: `${i}`, expiresAtSeconds: NOW - HOUR })
        await store().saveAccessToken(
          accessTokenRecord({ tenant, grantId: newGrantId(), expiresAtSeconds }),
        )
      }
      expect(await store().countExpired(NOW + HOUR - 1, 3)).toBe(0)
      expect(await store().deleteExpired(NOW + HOUR - 1, 3)).toBe(0)
      expect(await store().countExpired(NOW + HOUR, 3)).toBe(6)
      expect(await store().countExpired(NOW + HOUR, 100)).toBe(10)
      expect(await store().deleteExpired(NOW + HOUR, 3)).toBe(6)
      expect(await store().countExpired(NOW + HOUR, 100)).toBe(4)
      expect(await store().deleteExpired(NOW + HOUR, 3)).toBe(4)
      expect(await store().deleteExpired(NOW + HOUR, 3)).toBe(0)
      expect(await store().countExpired(NOW + HOUR, 100)).toBe(0)
      expect(await store().claimOnce({ tenant, purpose, id: '0', expiresAtSeconds })).toBe(true)
    })

    test('RFC 6749 §4.1.2: keeps a code for a day after its expiry, so that a replay is recognised', async () => {
      const { code } = await approve(store(), { tenant: newTenant() })
      await cleanUp(store(), code.expiresAtSeconds + DAY - 1)
      expect(await store().findCode(code.tenant, code.hash)).not.toBeNull()
      await cleanUp(store(), code.expiresAtSeconds + DAY)
      expect(await store().findCode(code.tenant, code.hash)).toBeNull()
    })

    test('keeps what was used and what was ended for two hours more: a clock may have run ahead', async () => {
      const tenant = newTenant()
      const over = lastTokenEnd(NOW)
      const ending = { tenant, grantId: newGrantId(), nowSeconds: NOW }
      await store().revokeGrant(ending)
      const once = { tenant, purpose: 'jti', id: 'used', expiresAtSeconds: over }
      await store().claimOnce(once)
      const feed = { tenant, afterSequence: 0, nowSeconds: NOW - 1, limit: 10 }

      await cleanUp(store(), over + 2 * HOUR - 1)
      expect((await store().readFeed(feed)).lines).toHaveLength(1)
      expect(await store().claimOnce(once)).toBe(false)
      await cleanUp(store(), over + 2 * HOUR)
      expect((await store().readFeed(feed)).lines).toEqual([])
      expect(await store().claimOnce(once)).toBe(true)
    })

    test('removes sessions and keys that have expired, and no others', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      const idle = sessionRecord({ tenant, expiresAtSeconds: NOW + 60 })
      const over = sessionRecord({ tenant, endsAtSeconds: NOW + 60 })
      const live = sessionRecord({ tenant })
      for (const session of [idle, over, live]) await store().createSession(session, PASSWORD_HASH)
      const first = keyRecord({ tenant })
      await store().createFirstKeys([first, keyRecord({ tenant, state: 'next' })])
      await store().rotateKeys({
        tenant,
        currentKid: first.kid,
        next: keyRecord({ tenant, state: 'next' }),
        nowSeconds: NOW,
        previousExpiresAtSeconds: NOW + 60,
      })
      await cleanUp(store(), NOW + 60)

      expect(await store().listSessions({ tenant, userId: USER, nowSeconds: NOW })).toEqual([live])
      expect((await store().listKeys(tenant, NOW)).map((key) => key.state)).toEqual([
        'current',
        'next',
      ])
    })

    test('keeps a spent refresh token while its chain may live, but not its answer', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const rotation = rotationOf(token)
      await store().rotateRefreshToken(rotation)
      const find = () => store().findRefreshToken(token.tenant, token.hash)
      const retry = rotationOf(token, { nowSeconds: NOW + 2 })

      await cleanUp(store(), rotation.nowSeconds + RETRY_WINDOW - 1)
      expect((await store().rotateRefreshToken(retry)).outcome).toBe('retried')
      await cleanUp(store(), token.endsAtSeconds - 1)
      expect(await find()).not.toBeNull()
      await cleanUp(store(), token.endsAtSeconds + DAY)
      expect(await find()).toBeNull()
      expect(await store().findRefreshToken(token.tenant, rotation.successor.hash)).toBeNull()
    })

    test('keeps a token whose chain has ended until it cannot be retried any more', async () => {
      const { grant, code } = await approve(store(), { tenant: newTenant() })
      const { tenant, id: grantId } = grant
      const midnight = Math.ceil(NOW / DAY) * DAY
      const ends = { expiresAtSeconds: midnight - 1, endsAtSeconds: midnight - 1 }
      const token = refreshTokenRecord({ tenant, grantId, ...ends })
      const tokens = { accessToken: null, refreshToken: token }
      const { endsAtSeconds } = token
      await store().redeemCode(redemptionOf(code, { tokens, endsAtSeconds }))
      const rotation = rotationOf(token, { nowSeconds: midnight - 2 })
      expect((await store().rotateRefreshToken(rotation)).outcome).toBe('rotated')
      await cleanUp(store(), midnight)
      expect(await store().findRefreshToken(tenant, token.hash)).not.toBeNull()
      await cleanUp(store(), rotation.nowSeconds + RETRY_WINDOW)
      expect(await store().findRefreshToken(tenant, token.hash)).toBeNull()
    })

    test('security H8: keeps a grant for two days after the last of its tokens, however it was opened', async () => {
      const tenant = newTenant()
      const key = applicationKeyRecord({ tenant })
      await store().createOrganisation(organisationRecord({ tenant }), [])
      await store().createApplicationKey(key)
      const opened = grantRecord({ tenant, clientId: key.id, userId: null })
      const tokens = { accessToken: null, refreshToken: null }
      const guard = { kind: 'key', keyId: key.id, accessIdentifierId: null } as const
      await store().openGrant({ grant: opened, tokens, endsAtSeconds: NOW + HOUR, guard })
      const { grant, code } = await approve(store(), { tenant })
      await store().redeemCode(redemptionOf(code, { endsAtSeconds: NOW + HOUR }))
      await cleanUp(store(), NOW + HOUR + 2 * DAY - 1)
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await store().findGrant(tenant, opened.id)).toEqual(opened)
      await cleanUp(store(), NOW + HOUR + 2 * DAY)
      expect(await store().findGrant(tenant, grant.id)).toBeNull()
      expect(await store().findGrant(tenant, opened.id)).toBeNull()
    })

    test('leaves clients, users and consents alone', async () => {
      const tenant = newTenant()
      const client = clientRecord({ tenant })
      const user = userRecord({ tenant })
      const consent = consentRecord({ tenant })
      await store().createClient(client, null)
      await store().createUser(user, [])
      await store().approveAuthorization(approvalOf(codeRecord({ tenant }), { consent }))
      await cleanUp(store(), NOW + 10_000 * DAY)
      expect(await store().findClient(tenant, CLIENT)).toEqual({ client, secrets: [] })
      expect(await store().findUser(tenant, USER)).toEqual(user)
      expect(await store().findConsent(consent)).toEqual(consent)
    })
  })
}
