// What every store must do with codes, each of which is one row until its redemption opens the grant.

import { describe, expect, test } from 'vitest'
import { MOST_GRANTS } from '../../../src/store/limits.ts'
import type { Store } from '../../../src/store/port.ts'
import type { CodeRecord, GrantRecord } from '../../../src/store/records.ts'
import {
  accessTokenRecord,
  approvalOf,
  approve,
  CLIENT,
  clientRecord,
  codeRecord,
  giveGrant,
  grantRecord,
  HOUR,
  NOW,
  newHash,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  PASSWORD_HASH,
  redemptionOf,
  refreshTokenRecord,
  sessionRecord,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function codeContract(store: TheStore): void {
  redemptionContract(store)
  endedCodeContract(store)
  boundContract(store)
}

function redemptionContract(store: TheStore): void {
  describe('codes', () => {
    test('security H8: a code that nobody redeems is in no list and no feed', async () => {
      const tenant = newTenant()
      const codes = Array.from({ length: 20 }, () => codeRecord({ tenant }))
      for (const code of codes) await store().approveAuthorization(approvalOf(code))
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
      const ending = { ...userEnding({ tenant }), clientId: CLIENT }
      expect(await store().revokeUserGrants(ending)).toBe(0)
      const feed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 100 }
      expect((await store().readFeed(feed)).lines).toEqual([])
    })

    test('0072: an answer to a page that was answered before uses up nothing', async () => {
      const tenant = newTenant()
      const allowance = {
        ...{ purpose: 'codes', slot: 'one', failures: 2 },
        ...{ windowSeconds: 60, thenEverySeconds: 0 },
      }
      const interaction = {
        tenant,
        purpose: 'interaction',
        id: 'page',
        expiresAtSeconds: NOW + HOUR,
      }
      const answer = (page: typeof interaction | null) =>
        store().approveAuthorization(
          approvalOf(codeRecord({ tenant }), { allowance, interaction: page }),
        )
      expect(await answer(interaction)).toBe('approved')
      for (let time = 0; time < 5; time += 1) {
        expect(await answer(interaction)).toBe('already_decided')
      }
      expect(await answer(null)).toBe('approved')
      expect(await answer(null)).toMatchObject({ spentForSeconds: 60 })
    })

    test('RFC 6749 §4.1.2: a code is redeemed once, and opens its grant together with its tokens', async () => {
      const tenant = newTenant()
      const terms = { unitId: 'unit-1', scopes: ['a', 'b'], audience: [] }
      const { grant, code } = await approve(store(), { tenant, ...terms })
      expect(await store().findGrant(tenant, grant.id)).toBeNull()
      const ids = { tenant, grantId: grant.id }
      const accessToken = accessTokenRecord({ ...ids, authTimeSeconds: NOW })
      const refreshToken = refreshTokenRecord(ids)
      const tokens = { accessToken, refreshToken }
      const redemption = redemptionOf(code, { nowSeconds: NOW + 3, tokens })

      expect(await store().redeemCode(redemption)).toBe('redeemed')
      const spent = { ...code, redeemedAtSeconds: NOW + 3 }
      expect(await store().findCode(tenant, code.hash)).toEqual(spent)
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await store().findRefreshToken(tenant, refreshToken.hash)).toEqual({
        grant,
        grantIsLive: true,
        token: refreshToken,
      })
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
    })

    test('attack C11: a code is redeemed in its tenant alone, and not burnt elsewhere', async () => {
      const { code } = await approve(store(), { tenant: newTenant() })
      const elsewhere = redemptionOf(code, { tenant: newTenant() })
      expect(await store().redeemCode(elsewhere)).toBe('unknown')
      expect(await store().redeemCode(redemptionOf(code))).toBe('redeemed')
    })

    test('OAuth 2.1: a second redemption stores nothing and ends nothing', async () => {
      const tenant = newTenant()
      const { grant, code } = await approve(store(), { tenant })
      await store().redeemCode(redemptionOf(code))
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
      const again = redemptionOf(code, { tokens: { accessToken, refreshToken: null } })
      expect(await store().redeemCode(again)).toBe('already_redeemed')
      const late = { ...again, nowSeconds: NOW + HOUR }
      expect(await store().redeemCode(late)).toBe('already_redeemed')
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toBeNull()
      expect((await store().findGrant(tenant, grant.id))?.revokedAtSeconds).toBeNull()
    })

    test('RFC 6749 §4.1.2: the grant that a code gave can be ended by the code that is replayed', async () => {
      const tenant = newTenant()
      const { grant, code } = await approve(store(), { tenant })
      await store().redeemCode(redemptionOf(code))
      const spent = await store().findCode(tenant, code.hash)
      const ending = { tenant, nowSeconds: NOW + 9 }
      const grantId = spent?.grantId ?? grant.id
      expect(await store().revokeGrant({ ...ending, grantId })).toBe('ended')
      expect((await store().findGrant(tenant, grant.id))?.revokedAtSeconds).toBe(NOW + 9)
    })

    test('a code expires on the second', async () => {
      const { code } = await approve(store(), { tenant: newTenant() })
      const redeemAt = (nowSeconds: number) =>
        store().redeemCode(redemptionOf(code, { nowSeconds }))
      expect(await redeemAt(code.expiresAtSeconds)).toBe('expired')
      expect(await redeemAt(code.expiresAtSeconds - 1)).toBe('redeemed')
    })

    test('attack A5: another client cannot redeem a code, nor burn it', async () => {
      const { code } = await approve(store(), { tenant: newTenant() })
      const stolen = redemptionOf(code, { clientId: OTHER_CLIENT })
      expect(await store().redeemCode(stolen)).toBe('unknown')
      expect(await store().redeemCode(redemptionOf(code))).toBe('redeemed')
    })

    test('a code that never was gives nothing', async () => {
      const code = codeRecord({ tenant: newTenant() })
      expect(await store().redeemCode(redemptionOf(code))).toBe('unknown')
    })
  })
}

function boundContract(store: TheStore): void {
  describe('the grants of one user and app', () => {
    const open: Record<string, (tenant: string, at: number) => Promise<GrantRecord>> = {
      'a code': async (tenant, issuedAtSeconds) => {
        const expiresAtSeconds = issuedAtSeconds + 60
        const times = { issuedAtSeconds, expiresAtSeconds }
        const { grant, code } = await approve(store(), { tenant, ...times })
        await store().redeemCode(redemptionOf(code, { nowSeconds: issuedAtSeconds }))
        return grant
      },
      'an access token': (tenant, createdAtSeconds) =>
        giveGrant(store(), { tenant, createdAtSeconds }),
      'a password': async (tenant, createdAtSeconds) => {
        const grant = grantRecord({ tenant, createdAtSeconds })
        const guard = { kind: 'password', userId: USER, passwordHash: PASSWORD_HASH } as const
        const tokens = { accessToken: null, refreshToken: null }
        await store().openGrant({ grant, guard, tokens, endsAtSeconds: NOW + HOUR })
        return grant
      },
    }

    for (const [what, openOne] of Object.entries(open)) {
      test(`security H8: ${what} that opens one more than a hundred ends the oldest, and tells the APIs`, async () => {
        const tenant = newTenant()
        await store().createUser(userRecord({ tenant }), [])
        await store().createClient(clientRecord({ tenant }), null)
        const others = [
          await giveGrant(store(), { tenant, clientId: OTHER_CLIENT }),
          await giveGrant(store(), { tenant, organisationId: null }),
          await giveGrant(store(), { tenant, userId: OTHER_USER }),
        ]
        const grants: GrantRecord[] = []
        for (let at = 0; at < MOST_GRANTS; at++) grants.push(await openOne(tenant, NOW + at))
        const isLive = async ({ id }: GrantRecord) =>
          (await store().findGrant(tenant, id))?.revokedAtSeconds === null
        const feed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
        expect((await store().readFeed(feed)).lines).toEqual([])

        grants.push(await openOne(tenant, NOW + MOST_GRANTS))
        const live = await Promise.all(grants.map(isLive))
        expect(live).toEqual(grants.map((_grant, at) => at > 0))
        expect(await Promise.all(others.map(isLive))).toEqual([true, true, true])
        expect((await store().readFeed(feed)).lines).toMatchObject([
          { kind: 'grant', subject: grants[0]?.id },
        ])
        const ending = {
          ...userEnding({ tenant }),
          clientId: CLIENT,
          organisationId: 'organisation-1',
        }
        expect(await store().revokeUserGrants(ending)).toBe(MOST_GRANTS)
      })
    }

    test('one whose end has come takes no room, and needs no line in the feed', async () => {
      const tenant = newTenant()
      for (let at = 0; at < MOST_GRANTS; at++) await giveGrant(store(), { tenant })
      const issuedAtSeconds = NOW + 2 * HOUR
      const times = { issuedAtSeconds, expiresAtSeconds: issuedAtSeconds + 60 }
      const { code } = await approve(store(), { tenant, ...times })
      const late = { nowSeconds: issuedAtSeconds, endsAtSeconds: issuedAtSeconds + HOUR }
      expect(await store().redeemCode(redemptionOf(code, late))).toBe('redeemed')
      const ending = { ...userEnding({ tenant }), clientId: CLIENT, nowSeconds: issuedAtSeconds }
      expect(await store().revokeUserGrants(ending)).toBe(1)
      const feed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
      expect((await store().readFeed(feed)).lines).toHaveLength(1)
    })

    test('are a hundred again after many were opened at once', async () => {
      const tenant = newTenant()
      for (let at = 1; at < MOST_GRANTS; at++) await giveGrant(store(), { tenant })
      const approvals = Array.from({ length: 20 }, () => approve(store(), { tenant }))
      const codes = (await Promise.all(approvals)).map(({ code }) => code)
      await Promise.all(codes.map((code) => store().redeemCode(redemptionOf(code))))
      const { code } = await approve(store(), { tenant })
      await store().redeemCode(redemptionOf(code))
      expect(await store().listUserGrants(tenant, USER)).toHaveLength(MOST_GRANTS)
    })
  })
}

/** Each ending, and a code that it must leave alone. */
const ENDINGS: readonly {
  readonly what: string
  readonly end: (store: Store, code: CodeRecord) => Promise<unknown>
  readonly other: Partial<CodeRecord>
}[] = [
  {
    what: 'the user is disabled',
    end: (store, { tenant }) => store.disableUser(userEnding({ tenant })),
    other: { userId: OTHER_USER },
  },
  {
    what: 'the password changes',
    end: (store, { tenant }) =>
      store.changePassword({ ...userEnding({ tenant }), passwordHash: '$argon2id$new' }),
    other: { userId: OTHER_USER },
  },
  {
    what: 'all that the user allowed is ended',
    end: (store, { tenant }) =>
      store.revokeUserGrants({ ...userEnding({ tenant }), clientId: null }),
    other: { userId: OTHER_USER },
  },
  {
    what: 'all that the user allowed the app is ended',
    end: (store, { tenant }) =>
      store.revokeUserGrants({ ...userEnding({ tenant }), clientId: CLIENT }),
    other: { clientId: OTHER_CLIENT },
  },
  {
    what: 'the consent for the organisation is ended',
    end: (store, { tenant, organisationId }) =>
      store.revokeUserGrants({ ...userEnding({ tenant }), clientId: CLIENT, organisationId }),
    other: { organisationId: null },
  },
  {
    what: 'the app is disabled',
    end: (store, { tenant }) => store.disableClient({ ...userEnding({ tenant }), id: CLIENT }),
    other: { clientId: OTHER_CLIENT },
  },
  {
    what: 'the app is deleted',
    end: (store, { tenant }) => store.deleteClient({ ...userEnding({ tenant }), id: CLIENT }),
    other: { clientId: OTHER_CLIENT },
  },
  {
    what: 'the session is ended',
    end: (store, { tenant, sessionHash }) => store.endSession(tenant, sessionHash ?? newHash()),
    other: { sessionHash: null },
  },
]

function endedCodeContract(store: TheStore): void {
  describe('a code that waits for its redemption', () => {
    for (const { what, end, other } of ENDINGS) {
      test(`opens nothing once ${what}; others do, and those of the same in another tenant`, async () => {
        const [tenant, elsewhere] = [newTenant(), newTenant()]
        const session = sessionRecord({ tenant })
        await store().createUser(userRecord({ tenant }), [])
        await store().createSession(session, PASSWORD_HASH)
        await store().createClient(clientRecord({ tenant }), null)
        const { code } = await approve(store(), { tenant, sessionHash: session.hash })
        const { code: left } = await approve(store(), { tenant, ...other })
        const { code: foreign } = await approve(store(), { tenant: elsewhere })

        await end(store(), code)
        expect(['expired', 'unknown']).toContain(await store().redeemCode(redemptionOf(code)))
        expect(await store().findGrant(tenant, code.grantId)).toBeNull()
        // What goes with its session stays until it expires: nothing can come of it.
        const isGone = (await store().findCode(tenant, code.hash)) === null
        expect(isGone).toBe(what !== 'the session is ended')
        expect(await store().redeemCode(redemptionOf(left))).toBe('redeemed')
        expect(await store().redeemCode(redemptionOf(foreign))).toBe('redeemed')
      })

      test(`leaves no grant where it is redeemed at the moment that ${what}`, async () => {
        // Signing out ends the session alone: what it allowed before stays.
        if (what === 'the session is ended') return
        const tenant = newTenant()
        await store().createUser(userRecord({ tenant }), [])
        await store().createClient(clientRecord({ tenant }), null)
        const approvals = Array.from({ length: 20 }, () => approve(store(), { tenant }))
        const codes = (await Promise.all(approvals)).map((approval) => approval.code)
        const work: (() => Promise<unknown>)[] = codes.map(
          (code) => () => store().redeemCode(redemptionOf(code)),
        )
        work.splice(10, 0, () => end(store(), codeRecord({ tenant })))
        await Promise.all(work.map((each) => each()))
        expect(await store().listUserGrants(tenant, USER)).toEqual([])
      })
    }

    test('is still known when it was redeemed before the ending, so that a replay is recognised', async () => {
      const tenant = newTenant()
      const { code } = await approve(store(), { tenant })
      await store().redeemCode(redemptionOf(code))
      await store().revokeUserGrants({ ...userEnding({ tenant }), clientId: CLIENT })
      expect(await store().redeemCode(redemptionOf(code))).toBe('already_redeemed')
    })
  })
}
