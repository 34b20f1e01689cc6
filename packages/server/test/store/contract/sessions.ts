// What every store must do with the sessions of browsers.

import { describe, expect, test } from 'vitest'
import {
  DAY,
  HOUR,
  NOW,
  newTenant,
  OTHER_USER,
  PASSWORD_HASH,
  sessionRecord,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function sessionContract(store: TheStore): void {
  describe('sessions', () => {
    async function tenantWithUsers(): Promise<string> {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      await store().createUser(userRecord({ tenant, id: OTHER_USER, username: 'bo' }), [])
      return tenant
    }

    test('gives a session back with its user', async () => {
      const tenant = await tenantWithUsers()
      const session = sessionRecord({ tenant, userAgent: null, address: null })
      await store().createSession(session, PASSWORD_HASH)
      expect(await store().findSession(tenant, session.hash, NOW)).toEqual({
        session,
        user: userRecord({ tenant }),
      })
      expect(await store().findSession(newTenant(), session.hash, NOW)).toBeNull()
    })

    test('attack B6: there is none for a password that is no longer the one', async () => {
      const tenant = await tenantWithUsers()
      const session = sessionRecord({ tenant })
      for (const hash of ['$argon2id$other', null]) {
        expect(await store().createSession(session, hash)).toBe(false)
      }
      expect(await store().findSession(tenant, session.hash, NOW)).toBeNull()
      expect(await store().createSession(session, PASSWORD_HASH)).toBe(true)
      const nobody = sessionRecord({ tenant: newTenant() })
      expect(await store().createSession(nobody, PASSWORD_HASH)).toBe(false)
    })

    test('house M2: a user without a password has one, until there is a password', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant, passwordHash: null }), [])
      const [session, late] = [sessionRecord({ tenant }), sessionRecord({ tenant })]
      expect(await store().createSession(session, null)).toBe(true)
      expect(await store().findSession(tenant, session.hash, NOW)).toMatchObject({ session })
      await store().changePassword({ ...userEnding({ tenant }), passwordHash: PASSWORD_HASH })
      expect(await store().createSession(late, null)).toBe(false)
    })

    test('attack B6: of sessions that race a new password none is left', async () => {
      for (let round = 0; round < 10; round += 1) {
        const tenant = await tenantWithUsers()
        const sessions = Array.from({ length: 20 }, () =>
          store().createSession(sessionRecord({ tenant }), PASSWORD_HASH),
        )
        const change = { ...userEnding({ tenant }), passwordHash: '$argon2id$new' }
        await Promise.all([...sessions, store().changePassword(change)])
        expect(await store().listSessions({ tenant, userId: USER, nowSeconds: NOW })).toEqual([])
      }
    })

    test('a session expires on the second, idle and in all', async () => {
      const tenant = await tenantWithUsers()
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const find = (nowSeconds: number) => store().findSession(tenant, session.hash, nowSeconds)
      expect(await find(session.expiresAtSeconds - 1)).not.toBeNull()
      expect(await find(session.expiresAtSeconds)).toBeNull()

      const nowSeconds = NOW + HOUR
      await store().touchSession({
        tenant,
        hash: session.hash,
        nowSeconds,
        expiresAtSeconds: session.endsAtSeconds + DAY,
      })
      expect((await find(session.endsAtSeconds - 1))?.session.lastSeenAtSeconds).toBe(nowSeconds)
      expect(await find(session.endsAtSeconds)).toBeNull()
    })

    test('lists the live sessions of a user, the last sign-in first, whichever was seen last', async () => {
      const tenant = await tenantWithUsers()
      const early = sessionRecord({ tenant, lastSeenAtSeconds: NOW + 9 })
      const late = sessionRecord({ tenant, authTimeSeconds: NOW + 5, lastSeenAtSeconds: NOW + 5 })
      const idle = sessionRecord({ tenant, expiresAtSeconds: NOW + 6 })
      const over = sessionRecord({ tenant, endsAtSeconds: NOW + 6 })
      const foreign = sessionRecord({ tenant, userId: OTHER_USER })
      for (const session of [early, late, idle, over, foreign])
        await store().createSession(session, PASSWORD_HASH)
      expect(await store().listSessions({ tenant, userId: USER, nowSeconds: NOW + 6 })).toEqual([
        late,
        early,
      ])
    })

    test('ends a session by its hash, once', async () => {
      const tenant = await tenantWithUsers()
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      expect(await store().endSession(newTenant(), session.hash)).toBe(false)
      expect(await store().endSession(tenant, session.hash)).toBe(true)
      expect(await store().endSession(tenant, session.hash)).toBe(false)
      expect(await store().findSession(tenant, session.hash, NOW)).toBeNull()
    })

    test('ends a session by the id of the list, only for the user whose it is', async () => {
      const tenant = await tenantWithUsers()
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      expect(await store().endSessionById({ ...session, userId: OTHER_USER })).toBe(false)
      expect(await store().endSessionById(session)).toBe(true)
      expect(await store().endSessionById(session)).toBe(false)
    })
  })
}
