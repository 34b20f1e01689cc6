// What every store must do with what a user is connected to: whole connections, whatever they are made of.

import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/store/port.ts'
import {
  approve,
  CLIENT,
  clientEnding,
  clientRecord,
  consentRecord,
  giveGrant,
  grantRecord,
  HOUR,
  NOW,
  newTenant,
  OTHER_CLIENT,
  rotationOf,
  startChain,
  tokenApprovalOf,
  USER,
  userEnding,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function connectionContract(store: TheStore): void {
  describe('connections of a user', () => {
    const list = (tenant: string) => store().listConnections(tenant, USER)

    test('security H8: are one for each app and organisation, with all that it may do', async () => {
      const tenant = newTenant()
      const give = (scopes: readonly string[], createdAtSeconds: number) =>
        giveGrant(store(), { tenant, scopes, createdAtSeconds })
      await give(['b'], NOW + 7)
      await give(['c', 'a'], NOW + 3)
      const consent = consentRecord({ tenant, scopes: ['d', 'a'], grantedAtSeconds: NOW + 5 })
      const alone = consentRecord({ ...consent, organisationId: null, scopes: [] })
      const other = consentRecord({ ...consent, clientId: OTHER_CLIENT })
      for (const each of [consent, alone, other]) {
        const { clientId, organisationId } = each
        const grant = grantRecord({ tenant, clientId, organisationId, scopes: each.scopes })
        await store().approveAuthorization(tokenApprovalOf(grant, { consent: each }))
        await store().revokeGrant({ tenant, grantId: grant.id, nowSeconds: NOW })
      }
      const common = { lastUsedAtSeconds: null, sinceSeconds: NOW + 5 }
      const connections: readonly Connection[] = [
        { ...common, clientId: CLIENT, organisationId: null, scopes: [] },
        {
          ...{ clientId: CLIENT, organisationId: consent.organisationId },
          ...{ ...common, sinceSeconds: NOW + 3, scopes: ['a', 'b', 'c', 'd'] },
        },
        {
          ...common,
          ...{ clientId: OTHER_CLIENT, organisationId: other.organisationId },
          scopes: ['a', 'd'],
        },
      ]
      expect(await list(tenant)).toEqual(connections)
      const part = { limit: 1, after: connections[0] }
      expect(await store().listConnections(tenant, USER, part)).toEqual([connections[1]])
      for (const connection of connections) {
        const key = { ...connection, tenant, userId: USER }
        expect(await store().findConnection(key)).toEqual(connection)
      }
      const nothing = { tenant, userId: USER, clientId: OTHER_CLIENT, organisationId: null }
      expect(await store().findConnection(nothing)).toBeNull()
    })

    test('go with what they are made of, and a code alone makes none', async () => {
      const tenant = newTenant()
      await store().createClient(clientRecord({ tenant }), null)
      const { grant } = await startChain(store(), { tenant })
      expect(await list(tenant)).toHaveLength(1)
      await store().revokeGrant({ tenant, grantId: grant.id, nowSeconds: NOW })
      expect(await list(tenant)).toEqual([])
      await approve(store(), { tenant })
      expect(await list(tenant)).toEqual([])
      await startChain(store(), { tenant })
      await store().revokeUserGrants({ ...userEnding({ tenant }), clientId: CLIENT })
      expect(await list(tenant)).toEqual([])
      await startChain(store(), { tenant })
      await store().disableClient(clientEnding({ tenant, id: CLIENT }))
      expect(await list(tenant)).toEqual([])
    })

    test('tell when a live grant last gave a refresh token, to the hour', async () => {
      const tenant = newTenant()
      const used = await startChain(store(), { tenant })
      await giveGrant(store(), { tenant })
      const ended = await startChain(store(), { tenant })
      const lastUse = async () => (await list(tenant)).map((each) => each.lastUsedAtSeconds)
      let { token } = used
      const rotateAt = async (issuedAtSeconds: number) => {
        const rotation = rotationOf(token)
        token = { ...rotation.successor, issuedAtSeconds }
        await store().rotateRefreshToken({ ...rotation, successor: token })
      }
      await store().revokeGrant({ tenant, grantId: ended.grant.id, nowSeconds: NOW })
      const first = token.issuedAtSeconds
      expect(await lastUse()).toEqual([first])
      await rotateAt(first + HOUR - 1)
      expect(await lastUse()).toEqual([first])
      await rotateAt(first + HOUR)
      expect(await lastUse()).toEqual([first + HOUR])
    })
  })
}
