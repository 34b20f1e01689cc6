// What every store must do when more grants end than can be ended at once.

import { describe, expect, test } from 'vitest'
import { newId } from '../../../src/platform/random.ts'
import type { ClientId, GrantId } from '../../../src/protocol/ids.ts'
import type { GrantRecord } from '../../../src/store/records.ts'
import { GRANTS_AT_ONCE } from '../../../src/store/sql/endings.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  CLIENT,
  clientEnding,
  giveGrant,
  grantRecord,
  HOUR,
  NOW,
  newGrantId,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  organisationRecord,
  rotationOf,
  startChain,
  storeParties,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

const MANY = GRANTS_AT_ONCE + 30

export function endingContract(store: TheStore): void {
  describe('security H8: the end of what has very many grants', () => {
    /** Each for another organisation, because one and the same has a limit of its own. */
    async function giveMany(tenant: string): Promise<GrantRecord[]> {
      const grants: GrantRecord[] = []
      await inParts(MANY, async (at) => {
        grants.push(await giveGrant(store(), { tenant, organisationId: `organisation-${at}` }))
      })
      return grants
    }

    async function liveRows(grants: readonly GrantRecord[]): Promise<number> {
      let live = 0
      await inParts(grants.length, async (at) => {
        const { tenant = '', id = newGrantId() } = grants[at] ?? {}
        const grant = await store().findGrant(tenant, id)
        if (grant?.revokedAtSeconds === null) live += 1
      })
      return live
    }

    async function continueToTheEnd(limit: number): Promise<number> {
      let times = 0
      while (await store().continueEndings(limit)) times += 1
      return times
    }

    const endings = {
      user: (tenant: string) => store().disableUser(userEnding({ tenant })),
      app: (tenant: string) => store().disableClient(clientEnding({ tenant, id: CLIENT })),
      'app that is deleted': (tenant: string) =>
        store().deleteClient(clientEnding({ tenant, id: CLIENT })),
    }
    test.for(Object.entries(endings))(
      'of a %s: nothing is live from then on, and the rows follow in batches',
      async ([_what, end]) => {
        const tenant = newTenant()
        await storeParties(store(), { tenant, clientId: CLIENT, userId: USER })
        const { token, grant } = await startChain(store(), { tenant })
        const grants = await giveMany(tenant)
        const other = await giveGrant(store(), {
          ...{ tenant, clientId: OTHER_CLIENT, userId: OTHER_USER },
        })
        expect(await store().hasUnfinishedEndings()).toBe(false)
        expect(await end(tenant)).toBe(true)

        expect(await liveRows([grant, ...grants])).toBe(MANY + 1 - GRANTS_AT_ONCE)
        expect(await store().hasUnfinishedEndings()).toBe(true)
        expect(await store().listUserGrants(tenant, USER)).toEqual([])
        expect(await store().listConnections(tenant, USER)).toEqual([])
        expect((await store().findRefreshToken(tenant, token.hash))?.grantIsLive).toBe(false)
        expect((await store().rotateRefreshToken(rotationOf(token))).outcome).toBe('revoked')
        for (const { id } of grants) expect(await isVoid(tenant, id)).toBe(true)
        const { lines } = await store().readFeed({ ...WHOLE_FEED, tenant })
        expect(lines).toHaveLength(1)

        expect(await continueToTheEnd(10)).toBe(4)
        expect(await store().hasUnfinishedEndings()).toBe(false)
        expect(await liveRows([grant, ...grants])).toBe(0)
        expect(await liveRows([other])).toBe(1)
      },
    )

    test('leaves grants alone that were opened after it', async () => {
      const tenant = newTenant()
      await storeParties(store(), { tenant, clientId: CLIENT, userId: USER })
      await giveMany(tenant)
      const ending = userEnding({ tenant })
      await store().changePassword({ ...ending, passwordHash: '$argon2id$new' })
      const later = await giveGrant(store(), { tenant, userTag: ending.newTag })
      expect(await store().listUserGrants(tenant, USER)).toEqual([later])
      await continueToTheEnd(1000)
      expect(await store().listUserGrants(tenant, USER)).toEqual([later])
    })

    test('of a key whose grant has a line already: it is told once, under a new number', async () => {
      const tenant = newTenant()
      const key = applicationKeyRecord({ tenant })
      await store().createOrganisation(organisationRecord({ tenant }), [])
      await store().createUser(userRecord({ tenant }), [])
      await store().createApplicationKey(key)
      const grant = grantRecord({ tenant, clientId: key.id })
      // A token was revoked before its grant had a row, or where its row was gone.
      await store().revokeGrant({ tenant, grantId: grant.id, nowSeconds: NOW })
      const [before] = (await store().readFeed({ ...WHOLE_FEED, tenant })).lines
      await store().openGrant({
        grant,
        tokens: { accessToken: null, refreshToken: null },
        endsAtSeconds: NOW + HOUR,
        guard: { kind: 'key', keyId: key.id, accessIdentifierId: null },
      })
      const ending = { tenant, id: key.id, nowSeconds: NOW, tokensName: 'grant' } as const
      expect(await store().suspendApplicationKey(clientEnding(ending))).toBe(true)
      const { lines } = await store().readFeed({ ...WHOLE_FEED, tenant })
      const ofGrant = lines.filter(({ subject }) => subject === grant.id)
      expect(ofGrant).toHaveLength(1)
      expect(ofGrant[0]?.sequence).toBeGreaterThan(before?.sequence ?? 0)
    })

    const openers = {
      'a key': (tenant: string, keyId: ClientId, _identifierId: string) =>
        store().suspendApplicationKey(
          clientEnding({ tenant, id: keyId, nowSeconds: NOW, tokensName: 'grant' }),
        ),
      'an access identifier': (tenant: string, _keyId: ClientId, identifierId: string) =>
        store().deleteAccessIdentifier({ tenant, id: identifierId, nowSeconds: NOW }),
    }
    test.for(Object.entries(openers))(
      'of %s whose tokens name their grant alone: each is told with its batch, the first to expire first, and void before',
      async ([_what, end]) => {
        const tenant = newTenant()
        const key = applicationKeyRecord({ tenant })
        const identifier = accessIdentifierRecord({ tenant })
        await store().createOrganisation(organisationRecord({ tenant }), [])
        await store().createUser(userRecord({ tenant }), [])
        await store().createApplicationKey(key)
        await store().createAccessIdentifier(identifier)
        const guard = { kind: 'key', keyId: key.id, accessIdentifierId: identifier.id } as const
        const grants = Array.from({ length: MANY }, (_, at) =>
          grantRecord({ tenant, clientId: key.id, organisationId: `organisation-${at}` }),
        )
        const tokens = { accessToken: null, refreshToken: null }
        // The last one is over by any clock, the others end in another order than they began.
        const endOf = (at: number) => (at === MANY - 1 ? NOW - HOUR : NOW + HOUR - at)
        await inParts(MANY, async (at) => {
          const grant = grants[at]
          if (grant) await store().openGrant({ grant, tokens, endsAtSeconds: endOf(at), guard })
        })
        await end(tenant, key.id, identifier.id)
        for (const { id, clientTag } of grants) {
          expect(await isVoid(tenant, id, { clientId: key.id, clientTag })).toBe(true)
        }
        await continueToTheEnd(7)
        const { lines } = await store().readFeed({ ...WHOLE_FEED, tenant })
        const told = lines.filter(({ kind }) => kind === 'grant').map(({ subject }) => subject)
        const live = grants.slice(0, -1).map(({ id }) => id as string)
        expect(told).toEqual(live.toReversed())
      },
    )

    const isVoid = (tenant: string, grantId: GrantId, of: Partial<GrantRecord> = {}) => {
      const { clientId, userId, clientTag, userTag } = grantRecord({ tenant, ...of })
      const holders = { clientId, userId, clientTag, userTag }
      return store().isRevoked({ tenant, grantId, ...holders, issuedAtSeconds: NOW + HOUR })
    }
  })

  test('nothing is left to be ended where nothing was', async () => {
    const tenant = newTenant()
    const unknown = { tenant, id: newId(), nowSeconds: NOW }
    expect(await store().deleteAccessIdentifier(unknown)).toBe(false)
    expect(await store().continueEndings(10)).toBe(false)
  })
}

/** Few at a time, so that none waits for too long. */
async function inParts(count: number, work: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += 20) {
    const part = Array.from({ length: Math.min(20, count - from) }, (_, index) => from + index)
    await Promise.all(part.map(work))
  }
}

const WHOLE_FEED = { afterSequence: 0, nowSeconds: NOW, limit: 1000 }
