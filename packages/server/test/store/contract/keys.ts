// What every store must do with signing keys, and with the audit trail.

import { describe, expect, test } from 'vitest'
import type { KeyRecord } from '../../../src/store/records.ts'
import { latestEvents } from '../../support/latest-events.ts'
import { auditEventRecord, HOUR, keyRecord, NOW, newTenant } from '../records.ts'
import type { TheStore } from './the-store.ts'

export function keyContract(store: TheStore): void {
  describe('signing keys', () => {
    test('gives the first keys back, the current one first, and takes no others', async () => {
      const tenant = newTenant()
      const current = keyRecord({ tenant, activatedAtSeconds: NOW })
      const next = keyRecord({ tenant, state: 'next' })
      expect(await store().createFirstKeys([next, current])).toBe('created')
      const late = keyRecord({ tenant })
      expect(await store().createFirstKeys([late])).toBe('exists')
      expect(await store().listKeys(tenant, NOW)).toEqual([current, next])
      expect(await store().listKeys(newTenant(), NOW)).toEqual([])
    })

    test('rotates: next becomes current, current previous, until it expires', async () => {
      const tenant = newTenant()
      const first = keyRecord({ tenant, activatedAtSeconds: NOW })
      const second = keyRecord({ tenant, state: 'next' })
      const third = keyRecord({ tenant, state: 'next', createdAtSeconds: NOW + 1 })
      await store().createFirstKeys([first, second])
      const rotation = { tenant, nowSeconds: NOW + 1, previousExpiresAtSeconds: NOW + HOUR }

      expect(await store().rotateKeys({ ...rotation, currentKid: first.kid, next: third })).toBe(
        'rotated',
      )
      const current = { ...second, state: 'current', activatedAtSeconds: NOW + 1 }
      const previous = { ...first, state: 'previous', expiresAtSeconds: NOW + HOUR }
      expect(await store().listKeys(tenant, NOW)).toEqual([current, third, previous])
      expect(await store().listKeys(tenant, NOW + HOUR)).toEqual([current, third])
    })

    test('a rotation from a key that is no longer current changes nothing', async () => {
      const tenant = newTenant()
      const first = keyRecord({ tenant })
      await store().createFirstKeys([first, keyRecord({ tenant, state: 'next' })])
      const rotation = { tenant, nowSeconds: NOW, previousExpiresAtSeconds: NOW + HOUR }
      const rotate = () =>
        store().rotateKeys({
          ...rotation,
          currentKid: first.kid,
          next: keyRecord({ tenant, state: 'next' }),
        })
      await rotate()
      const before = await store().listKeys(tenant, NOW)
      expect(await rotate()).toBe('lost')
      expect(await store().listKeys(tenant, NOW)).toEqual(before)
    })

    test('a rotation without a next key fails and leaves the current one', async () => {
      const tenant = newTenant()
      const only = keyRecord({ tenant })
      await store().createFirstKeys([only])
      const next = keyRecord({ tenant, state: 'next' })
      const rotation = { tenant, currentKid: only.kid, next, nowSeconds: NOW }
      await expect(
        store().rotateKeys({ ...rotation, previousExpiresAtSeconds: NOW + HOUR }),
      ).rejects.toThrow('no next signing key')
      expect(await store().listKeys(tenant, NOW)).toEqual([only])
    })
  })

  describe('signing keys of several algorithms', () => {
    const setOf = (tenant: string, algorithm: KeyRecord['algorithm']) => ({
      current: keyRecord({ tenant, algorithm }),
      next: keyRecord({ tenant, algorithm, state: 'next' }),
    })

    test('clients G2: are made beside each other, each once', async () => {
      const tenant = newTenant()
      for (const outcome of ['created', 'exists']) {
        for (const algorithm of ['ES256', 'RS256'] as const) {
          const { current, next } = setOf(tenant, algorithm)
          expect(await store().createFirstKeys([current, next])).toBe(outcome)
        }
      }
      const kept = (await store().listKeys(tenant, NOW)).map(
        ({ state, algorithm }) => `${state} ${algorithm}`,
      )
      expect(kept.sort()).toEqual(['current ES256', 'current RS256', 'next ES256', 'next RS256'])
    })

    test('clients G2: rotate one algorithm at a time', async () => {
      const tenant = newTenant()
      const [one, other] = [setOf(tenant, 'ES256'), setOf(tenant, 'RS256')]
      for (const { current, next } of [one, other]) await store().createFirstKeys([current, next])
      const next = keyRecord({ tenant, algorithm: 'RS256', state: 'next' })
      const rotation = { tenant, nowSeconds: NOW + 1, previousExpiresAtSeconds: NOW + HOUR }
      expect(await store().rotateKeys({ ...rotation, currentKid: other.current.kid, next })).toBe(
        'rotated',
      )
      const states = (await store().listKeys(tenant, NOW)).map(({ kid, state }) => ({ kid, state }))
      expect(states).toHaveLength(5)
      expect(states).toEqual(
        expect.arrayContaining([
          { kid: one.current.kid, state: 'current' },
          { kid: one.next.kid, state: 'next' },
          { kid: other.current.kid, state: 'previous' },
          { kid: other.next.kid, state: 'current' },
          { kid: next.kid, state: 'next' },
        ]),
      )
    })
  })

  describe('signing keys of single APIs', () => {
    const APIS = ['https://a.example', 'https://b.example', '']

    test('are made for each, once', async () => {
      const tenant = newTenant()
      const first = (resourceServer: string) =>
        store().createFirstKeys([
          keyRecord({ tenant, resourceServer, algorithm: 'HS256' }),
          keyRecord({ tenant, resourceServer, algorithm: 'HS256', state: 'next' }),
        ])
      for (const api of APIS) expect(await first(api)).toBe('created')
      for (const api of APIS) expect(await first(api)).toBe('exists')
      const keys = await store().listKeys(tenant, NOW)
      expect(keys.map(({ resourceServer, state }) => `${state} ${resourceServer}`).sort()).toEqual(
        ['current', 'next'].flatMap((state) => APIS.map((api) => `${state} ${api}`)).sort(),
      )
    })

    test('rotate one API at a time', async () => {
      const tenant = newTenant()
      const keysOf = (resourceServer: string) => ({
        current: keyRecord({ tenant, resourceServer }),
        next: keyRecord({ tenant, resourceServer, state: 'next' }),
      })
      const [one, other] = [keysOf('https://a.example'), keysOf('https://b.example')]
      for (const { current, next } of [one, other]) await store().createFirstKeys([current, next])

      const rotation = { tenant, nowSeconds: NOW + 1, previousExpiresAtSeconds: NOW + HOUR }
      const next = keyRecord({ tenant, resourceServer: 'https://a.example', state: 'next' })
      const rotate = () => store().rotateKeys({ ...rotation, currentKid: one.current.kid, next })
      expect(await rotate()).toBe('rotated')
      expect(await rotate()).toBe('lost')
      const states = (await store().listKeys(tenant, NOW)).map(({ kid, state }) => ({ kid, state }))
      expect(states).toHaveLength(5)
      expect(states).toEqual(
        expect.arrayContaining([
          { kid: one.current.kid, state: 'previous' },
          { kid: one.next.kid, state: 'current' },
          { kid: next.kid, state: 'next' },
          { kid: other.current.kid, state: 'current' },
          { kid: other.next.kid, state: 'next' },
        ]),
      )
    })
  })

  describe('the audit trail', () => {
    test('gives back the latest events of a tenant first', async () => {
      const tenant = newTenant()
      const events = ['client.created', 'client.disabled', 'key.rotated'].map((action) =>
        auditEventRecord({ tenant, action, requestId: null }),
      )
      for (const event of events) await store().recordAuditEvent(event)
      await store().recordAuditEvent(auditEventRecord({ tenant: newTenant() }))
      expect(await latestEvents(store(), tenant, 2)).toEqual([events[2], events[1]])
      expect(await latestEvents(store(), tenant, 10)).toEqual(events.toReversed())
    })
  })
}
