// What every store must do with refresh tokens.

import { describe, expect, test } from 'vitest'
import { lastTokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { RefreshTokenRecord } from '../../../src/store/records.ts'
import { latestEvents } from '../../support/latest-events.ts'
import {
  accessTokenRecord,
  auditEventRecord,
  DAY,
  NOW,
  newHash,
  newTenant,
  OTHER_CLIENT,
  RETRY_WINDOW,
  rotationOf,
  startChain,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function refreshTokenContract(store: TheStore): void {
  rotationContract(store)
  retryContract(store)
  reuseContract(store)
  renewalContract(store)
}

function rotationContract(store: TheStore): void {
  describe('rotation', () => {
    test('RFC 6749 §6: replaces the token by its successor, together with an access token', async () => {
      const { token, grant } = await startChain(store(), { tenant: newTenant() })
      const { tenant } = token
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
      const rotation = rotationOf(token, { accessToken })

      expect(await store().rotateRefreshToken(rotation)).toEqual({ outcome: 'rotated' })
      expect(await store().findRefreshToken(tenant, token.hash)).toEqual({
        grant,
        grantIsLive: true,
        token: { ...token, rotatedAtSeconds: rotation.nowSeconds },
      })
      expect(await store().findRefreshToken(tenant, rotation.successor.hash)).toEqual({
        grant,
        grantIsLive: true,
        token: rotation.successor,
      })
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
    })

    test('a chain goes on through its successors', async () => {
      let { token } = await startChain(store(), { tenant: newTenant() })
      for (let day = 1; day <= 5; day++) {
        const rotation = rotationOf(token, { nowSeconds: NOW + day * DAY })
        expect(await store().rotateRefreshToken(rotation)).toEqual({ outcome: 'rotated' })
        token = rotation.successor
      }
    })

    test('a token expires on the second, idle and in all', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const idle = rotationOf(token, { nowSeconds: token.expiresAtSeconds })
      expect(await store().rotateRefreshToken(idle)).toEqual({ outcome: 'expired' })
      const inTime = rotationOf(token, { nowSeconds: token.expiresAtSeconds - 1 })
      const successor = { ...inTime.successor, expiresAtSeconds: token.endsAtSeconds + DAY }
      expect(await store().rotateRefreshToken({ ...inTime, successor })).toEqual({
        outcome: 'rotated',
      })
      const tooLate = rotationOf(successor, { nowSeconds: token.endsAtSeconds })
      expect(await store().rotateRefreshToken(tooLate)).toEqual({ outcome: 'expired' })
    })

    test('an unknown token, one of another tenant and one of an ended grant are refused', async () => {
      const { token, grant } = await startChain(store(), { tenant: newTenant() })
      const unknown = rotationOf({ ...token, hash: newHash() })
      expect(await store().rotateRefreshToken(unknown)).toEqual({ outcome: 'unknown' })
      const elsewhere = rotationOf({ ...token, tenant: newTenant() })
      expect(await store().rotateRefreshToken(elsewhere)).toEqual({ outcome: 'unknown' })
      await store().revokeGrant({
        tenant: token.tenant,
        grantId: grant.id,
        nowSeconds: NOW,
      })
      expect(await store().rotateRefreshToken(rotationOf(token))).toEqual({ outcome: 'revoked' })
    })

    test('attack B6: another client gets nothing and ends nothing, with a fresh token or a spent one', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const stolen = rotationOf(token, { clientId: OTHER_CLIENT })
      expect(await store().rotateRefreshToken(stolen)).toEqual({ outcome: 'wrong_client' })
      const rotation = rotationOf(token)
      await store().rotateRefreshToken(rotation)
      const late = { ...stolen, nowSeconds: NOW + DAY }
      expect(await store().rotateRefreshToken(late)).toEqual({ outcome: 'wrong_client' })
      const next = rotationOf(rotation.successor)
      expect(await store().rotateRefreshToken(next)).toEqual({ outcome: 'rotated' })
    })
  })
}

function retryContract(store: TheStore): void {
  describe('a retry with the token just spent', () => {
    async function rotate() {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const rotation = rotationOf(token)
      await store().rotateRefreshToken(rotation)
      return { token, rotation, spentAt: rotation.nowSeconds }
    }

    test('attack B4: gets the same answer, again and again', async () => {
      const { token, rotation, spentAt } = await rotate()
      const retried = { outcome: 'retried', sealedAnswer: rotation.sealedAnswer }
      for (const nowSeconds of [spentAt, spentAt + 1, spentAt + RETRY_WINDOW - 1]) {
        const retry = rotationOf(token, { nowSeconds })
        expect(await store().rotateRefreshToken(retry)).toEqual(retried)
        expect(await store().findRefreshToken(token.tenant, retry.successor.hash)).toBeNull()
      }
    })

    test('is refused when it asks for something else, which changes nothing', async () => {
      const { token, rotation } = await rotate()
      const other = rotationOf(token, { fingerprint: 'another request' })
      expect(await store().rotateRefreshToken(other)).toEqual({ outcome: 'retry_differs' })
      const next = rotationOf(rotation.successor)
      expect(await store().rotateRefreshToken(next)).toEqual({ outcome: 'rotated' })
    })

    test('is not stopped by the expiry of the spent token', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const last = rotationOf(token, { nowSeconds: token.expiresAtSeconds - 1 })
      await store().rotateRefreshToken(last)
      const retry = rotationOf(token, { nowSeconds: token.expiresAtSeconds + 1 })
      expect((await store().rotateRefreshToken(retry)).outcome).toBe('retried')
    })
  })
}

function reuseContract(store: TheStore): void {
  describe('reuse of a spent token', () => {
    async function expectReuse(spent: RefreshTokenRecord, leaf: RefreshTokenRecord, at: number) {
      const { tenant, grantId } = spent
      const reuseEvent = auditEventRecord({ tenant, target: `grant:${grantId}` })
      const ending = { nowSeconds: at, reuseEvent }
      const reuse = rotationOf(spent, ending)
      expect(await store().rotateRefreshToken(reuse)).toEqual({ outcome: 'reused', grantId })
      expect(await latestEvents(store(), tenant, 10)).toEqual([reuseEvent])
      expect((await store().findRefreshToken(tenant, leaf.hash))?.grant.revokedAtSeconds).toBe(at)
      expect((await store().rotateRefreshToken(rotationOf(leaf))).outcome).toBe('revoked')
      expect(
        (await store().readFeed({ tenant, afterSequence: 0, nowSeconds: at, limit: 10 })).lines,
      ).toEqual([
        {
          sequence: 1,
          kind: 'grant',
          subject: grantId,
          issuedUntilSeconds: at,
          expiresAtSeconds: lastTokenEnd(at),
        },
      ])
    }

    test('attack B1: after the retry window it ends the grant and tells the feed', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const rotation = rotationOf(token)
      await store().rotateRefreshToken(rotation)
      await expectReuse(token, rotation.successor, rotation.nowSeconds + RETRY_WINDOW)
    })

    test('attack B3: within the window too, once the successor was used', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const first = rotationOf(token)
      await store().rotateRefreshToken(first)
      const second = rotationOf(first.successor)
      await store().rotateRefreshToken(second)
      await expectReuse(token, second.successor, first.nowSeconds + 1)
    })

    test('it is recognised after a clean-up, as long as the chain may live', async () => {
      const { token } = await startChain(store(), { tenant: newTenant() })
      const rotation = rotationOf(token)
      await store().rotateRefreshToken(rotation)
      const later = token.endsAtSeconds - 1
      await store().deleteExpired(later, 1000)
      await expectReuse(token, rotation.successor, later)
    })
  })
}

function renewalContract(store: TheStore): void {
  describe('FAPI 2.0 §5.3.2.1: renewal of a token that is not rotated', () => {
    async function chain() {
      const { token, grant } = await startChain(store(), { tenant: newTenant() })
      const { tenant, hash, clientId } = token
      const request = { tenant, hash, clientId, nowSeconds: NOW + DAY, accessToken: null }
      return { token, grant, request: { ...request, expiresAtSeconds: NOW + 31 * DAY } }
    }

    test('moves the idle expiry and stores the access token', async () => {
      const { token, grant, request } = await chain()
      const accessToken = accessTokenRecord({ tenant: token.tenant, grantId: grant.id })
      expect(await store().renewRefreshToken({ ...request, accessToken })).toBe('renewed')
      expect(await store().findRefreshToken(token.tenant, token.hash)).toEqual({
        grant,
        grantIsLive: true,
        token: { ...token, expiresAtSeconds: NOW + 31 * DAY },
      })
      expect(await store().findAccessToken(token.tenant, accessToken.hash, NOW)).toEqual(
        accessToken,
      )
    })

    test('is refused when it has expired, is unknown, or of another client', async () => {
      const { token, request } = await chain()
      const { expiresAtSeconds, endsAtSeconds } = token
      for (const nowSeconds of [expiresAtSeconds, endsAtSeconds]) {
        expect(await store().renewRefreshToken({ ...request, nowSeconds })).toBe('expired')
      }
      expect(await store().renewRefreshToken({ ...request, hash: newHash() })).toBe('unknown')
      const stolen = { ...request, clientId: OTHER_CLIENT }
      expect(await store().renewRefreshToken(stolen)).toBe('unknown')
      expect((await store().findRefreshToken(token.tenant, token.hash))?.token).toEqual(token)
    })

    test('is refused when its grant was ended, or when it was rotated', async () => {
      const rotated = await chain()
      await store().rotateRefreshToken(rotationOf(rotated.token))
      expect(await store().renewRefreshToken(rotated.request)).toBe('revoked')
      const ended = await chain()
      const { tenant, grantId } = ended.token
      const ending = { tenant, grantId, nowSeconds: NOW }
      await store().revokeGrant(ending)
      expect(await store().renewRefreshToken(ended.request)).toBe('revoked')
    })
  })
}
