// What every store must do when grants end, and with the feed that APIs follow.

import { describe, expect, test } from 'vitest'
import { newId } from '../../../src/platform/random.ts'
import type { UserId } from '../../../src/protocol/ids.ts'
import { lastTokenEnd, tokenEnd } from '../../../src/protocol/token-lifetime.ts'
import type { ClientEnding, UserEnding } from '../../../src/store/port.ts'
import type { ConsentRecord, GrantRecord, RevocationRecord } from '../../../src/store/records.ts'
import { latestEvents } from '../../support/latest-events.ts'
import {
  auditEventRecord,
  CLIENT,
  clientEnding,
  clientRecord,
  consentRecord,
  DAY,
  giveGrant,
  grantRecord,
  HOUR,
  machineTokenOf,
  NOW,
  newGrantId,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  startChain,
  tagOf,
  tokenApprovalOf,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function revocationContract(store: TheStore): void {
  endingContract(store)
  feedContract(store)
  voidTokenContract(store)
}

async function linesOf(store: TheStore, tenant: string, page = { afterSequence: 0, limit: 100 }) {
  return (await store().readFeed({ tenant, nowSeconds: NOW, ...page })).lines
}

const subjectsOf = (lines: readonly RevocationRecord[]) =>
  lines.map((line) => `${line.kind}:${line.subject}`)

function endingContract(store: TheStore): void {
  describe('ending grants', () => {
    test('RFC 7009 §2.1: ends a grant once', async () => {
      const tenant = newTenant()
      const grant = await giveGrant(store(), { tenant })
      const input = { tenant, grantId: grant.id, nowSeconds: NOW + 7 }
      expect(await store().revokeGrant(input)).toBe('ended')
      expect(await store().revokeGrant({ ...input, nowSeconds: NOW + 9 })).toBe('ended_before')
      const found = await store().findGrant(tenant, grant.id)
      expect(found?.revokedAtSeconds).toBe(NOW + 7)
      expect(await linesOf(store, tenant)).toEqual([
        {
          sequence: 1,
          kind: 'grant',
          subject: grant.id,
          issuedUntilSeconds: NOW + 7,
          expiresAtSeconds: lastTokenEnd(NOW + 7),
        },
      ])
    })

    test('tells the audit trail of it in the same transaction, once', async () => {
      const tenant = newTenant()
      const grant = await giveGrant(store(), { tenant })
      const event = auditEventRecord({ tenant, target: `grant:${grant.id}` })
      const input = { tenant, grantId: grant.id, nowSeconds: NOW, event }
      await Promise.all([store().revokeGrant(input), store().revokeGrant(input)])
      expect(await latestEvents(store(), tenant, 10)).toEqual([event])
    })

    test('attack C11: leaves the grant of another tenant alone', async () => {
      const tenant = newTenant()
      const grant = await giveGrant(store(), { tenant })
      const ending = { grantId: grant.id, nowSeconds: NOW }
      await store().revokeGrant({ ...ending, tenant: newTenant() })
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await linesOf(store, tenant)).toEqual([])
    })

    test('a grant without a record of its own is ended in the feed, once', async () => {
      const tenant = newTenant()
      const grantId = newGrantId()
      const input = { tenant, grantId, nowSeconds: NOW }
      expect(await store().revokeGrant(input)).toBe('ended')
      expect(await store().revokeGrant(input)).toBe('ended_before')
      expect(subjectsOf(await linesOf(store, tenant))).toEqual([`grant:${grantId}`])
    })

    test('security M3: an app ends so many tokens without a record in a window, each once, and no other app is told to wait', async () => {
      const tenant = newTenant()
      const event = auditEventRecord({ tenant })
      const end = (app: string, grantId = newGrantId(), nowSeconds = NOW) => {
        const machineToken = machineTokenOf(app)
        return store().revokeGrant({ tenant, grantId, nowSeconds, machineToken, event })
      }
      const first = newGrantId()
      const outcomes = [await end('app', first)]
      // It was told: neither an end nor a line more.
      outcomes.push(await end('app', first))
      for (let i = 0; i < 4; i++) outcomes.push(await end('app'))
      expect(outcomes).toEqual(['ended', 'ended_before', 'ended', 'ended', 'ended', 'ended'])

      const late = newGrantId()
      expect(await end('app', late, NOW + 10)).toEqual({ spentForSeconds: 50 })
      expect(await end('app', first, NOW + 10)).toBe('ended_before')
      expect(await end('other-app')).toBe('ended')
      const lines = subjectsOf(await linesOf(store, tenant))
      expect(lines.length).toBe(6)
      expect(lines).not.toContain(`grant:${late}`)
      expect((await store().listAuditEvents(tenant, { limit: 10 })).length).toBe(6)
      expect(await end('app', late, NOW + 60)).toBe('ended')
    })

    test('security M3: what a person allowed can always be ended', async () => {
      const tenant = newTenant()
      const machineToken = machineTokenOf('app')
      for (let i = 0; i < 6; i++) {
        const { id: grantId } = await giveGrant(store(), { tenant })
        const input = { tenant, grantId, nowSeconds: NOW, machineToken }
        expect(await store().revokeGrant(input)).toBe('ended')
      }
      // Neither does it use up what the app may do of its own.
      const own = { tenant, grantId: newGrantId(), nowSeconds: NOW, machineToken }
      expect(await store().revokeGrant(own)).toBe('ended')
    })

    test('ends all grants that a user gave to one app, and forgets those consents', async () => {
      const tenant = newTenant()
      const consents = await approveSeveral(tenant)
      const mine = await store().listUserGrants(tenant, USER)
      const ended = mine.filter((grant) => grant.clientId === CLIENT).map((grant) => grant.id)

      const input = { ...userEnding({ tenant }), clientId: CLIENT }
      expect(await store().revokeUserGrants(input)).toBe(2)
      expect(await store().revokeUserGrants(input)).toBe(0)
      expect(new Set(subjectsOf(await linesOf(store, tenant)))).toEqual(
        new Set(ended.map((id) => `grant:${id}`)),
      )
      expect((await store().listUserGrants(tenant, USER)).length).toBe(1)
      expect(await store().findConsent(consents.toClient)).toBeNull()
      expect(await store().findConsent(consents.toOther)).toEqual(consents.toOther)
    })

    test('clients F10: the end of a grant takes its consent along, and no other, where that is wanted', async () => {
      const tenant = newTenant()
      const kept = await approveWith(consentRecord({ tenant, organisationId: 'organisation-2' }))
      const ending = await approveWith(consentRecord({ tenant }))
      const unheard = await approveWith(consentRecord({ tenant, organisationId: null }))
      const left = () => organisationsAllowed(tenant)
      const end = (grant: GrantRecord, endsConsent: boolean | undefined) =>
        store().revokeGrant({ tenant, grantId: grant.id, nowSeconds: NOW + 5, endsConsent })
      expect(await end(unheard, undefined)).toBe('ended')
      expect(await left()).toEqual([null, 'organisation-1', 'organisation-2'])
      expect(await end(ending, true)).toBe('ended')
      expect(await left()).toEqual([null, 'organisation-2'])
      // Ended before: what the user has allowed since is another matter.
      expect(await end(unheard, true)).toBe('ended_before')
      expect(await left()).toEqual([null, 'organisation-2'])
      expect(await end(kept, true)).toBe('ended')
      expect(await left()).toEqual([null])
    })

    test('ends the grants to one app for one organisation, or for none, and leaves the others', async () => {
      const tenant = newTenant()
      const organisations = ['organisation-1', 'organisation-2', null]
      for (const organisationId of organisations) {
        const consent = consentRecord({ tenant, organisationId })
        await approveWith(consent)
      }
      const left = () => organisationsAllowed(tenant)
      const granted = async () =>
        new Set((await store().listUserGrants(tenant, USER)).map((each) => each.organisationId))
      expect(await left()).toEqual([null, 'organisation-1', 'organisation-2'])

      const input = { ...userEnding({ tenant }), clientId: CLIENT }
      const remove = (organisationId: string | null) =>
        store().revokeUserGrants({ ...input, organisationId })
      expect(await remove('organisation-1')).toBe(1)
      expect(await remove('organisation-1')).toBe(0)
      expect(await left()).toEqual([null, 'organisation-2'])
      expect(await granted()).toEqual(new Set([null, 'organisation-2']))
      expect(await remove(null)).toBe(1)
      expect(await left()).toEqual(['organisation-2'])
      expect(await granted()).toEqual(new Set(['organisation-2']))
    })

    test('ends all grants of a user, and forgets every consent, with a single line', async () => {
      const tenant = newTenant()
      const consents = await approveSeveral(tenant)
      await store().createUser(userRecord({ tenant }), [])
      const input = { ...userEnding({ tenant }), clientId: null }
      expect(await store().revokeUserGrants(input)).toBe(3)
      expect(subjectsOf(await linesOf(store, tenant))).toEqual([`user:${tagOf(USER)}`])
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
      expect((await store().listUserGrants(tenant, OTHER_USER)).length).toBe(1)
      expect(await store().findConsent(consents.toClient)).toBeNull()
      expect(await store().findConsent(consents.toOther)).toBeNull()
    })

    async function organisationsAllowed(tenant: string) {
      const organisations = [null, 'organisation-1', 'organisation-2']
      const consents = await Promise.all(
        organisations.map((organisationId) =>
          store().findConsent({ tenant, userId: USER, clientId: CLIENT, organisationId }),
        ),
      )
      return organisations.filter((_each, at) => consents[at] !== null)
    }

    async function approveWith(consent: ConsentRecord) {
      const { tenant, clientId, organisationId } = consent
      const grant = grantRecord({ tenant, clientId, organisationId })
      await store().approveAuthorization(tokenApprovalOf(grant, { consent }))
      return grant
    }

    /** Two grants of the user to one app, one to another, and one of somebody else. */
    async function approveSeveral(tenant: string) {
      const toClient = consentRecord({ tenant })
      const toOther = consentRecord({ tenant, clientId: OTHER_CLIENT })
      for (const consent of [toClient, toClient, toOther]) await approveWith(consent)
      await giveGrant(store(), { tenant, userId: OTHER_USER })
      return { toClient, toOther }
    }
  })
}

function feedContract(store: TheStore): void {
  describe('the feed', () => {
    const end = (tenant: string, subject = newGrantId()) =>
      store().revokeGrant({ tenant, grantId: subject, nowSeconds: NOW })

    test('numbers its lines upwards, each tenant for itself', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await end(tenant)
      await end(other)
      await end(tenant)
      expect((await linesOf(store, tenant)).map((line) => line.sequence)).toEqual([1, 2])
      expect((await linesOf(store, other)).map((line) => line.sequence)).toEqual([1])
    })

    test('goes on after the number last seen, so many lines at a time', async () => {
      const tenant = newTenant()
      for (let i = 0; i < 5; i++) await end(tenant)
      const sequences = async (afterSequence: number) =>
        (await linesOf(store, tenant, { afterSequence, limit: 2 })).map((line) => line.sequence)
      expect(await sequences(0)).toEqual([1, 2])
      expect(await sequences(2)).toEqual([3, 4])
      expect(await sequences(4)).toEqual([5])
      expect(await sequences(5)).toEqual([])
    })

    test('security H4: a line outlives every token, but that of a token without a record only this one', async () => {
      const tenant = newTenant()
      const endOf = async (expiresAtSeconds: number | undefined, grantId = newGrantId()) => {
        const machineToken =
          expiresAtSeconds === undefined
            ? undefined
            : { ...machineTokenOf('machine'), expiresAtSeconds }
        await store().revokeGrant({ tenant, grantId, nowSeconds: NOW, machineToken })
        const lines = await linesOf(store, tenant)
        return lines.find((line) => line.subject === grantId)?.expiresAtSeconds
      }
      expect(await endOf(NOW + 60)).toBe(tokenEnd(NOW + 60, NOW))
      expect(await endOf(NOW + 60)).toBeLessThan(NOW + HOUR)
      expect(await endOf(NOW + 365 * DAY)).toBe(lastTokenEnd(NOW))
      expect(await endOf(undefined)).toBe(lastTokenEnd(NOW))
      // One token was presented, but the grant may have given others.
      const { grant } = await startChain(store(), { tenant })
      expect(await endOf(NOW + 60, grant.id)).toBe(lastTokenEnd(NOW))
    })

    test('tells its epoch, and the last number that the tenant has given out', async () => {
      const tenant = newTenant()
      const before = await store().readFeedState(tenant)
      expect(before).toEqual({
        epoch: expect.stringMatching(/^[0-9a-f]{32}$/),
        lastSequence: 0,
        idsUntilSeconds: 0,
      })
      await end(tenant)
      await end(tenant)
      expect(await store().readFeedState(tenant)).toEqual({ ...before, lastSequence: 2 })
      expect(await store().readFeedState(newTenant())).toEqual(before)
    })

    test('tells the last number whatever is asked for, and however old the lines are', async () => {
      const tenant = newTenant()
      await end(tenant)
      await end(tenant)
      const state = await store().readFeedState(tenant)
      const wholeFeed = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
      const others = [
        { ...wholeFeed, afterSequence: 2 },
        { ...wholeFeed, afterSequence: 999_999_999_999_999 },
        { ...wholeFeed, nowSeconds: lastTokenEnd(NOW) },
      ]
      for (const page of others) {
        expect(await store().readFeed(page)).toEqual({ ...state, lines: [] })
      }
      expect(await store().readFeed({ ...wholeFeed, limit: 1 })).toMatchObject({
        ...state,
        lines: [{ sequence: 1 }],
      })
    })

    test('leaves out lines whose tokens have all expired', async () => {
      const tenant = newTenant()
      await end(tenant)
      const input = { tenant, afterSequence: 0, limit: 10 }
      const last = { ...input, nowSeconds: lastTokenEnd(NOW) - 1 }
      expect((await store().readFeed(last)).lines.length).toBe(1)
      expect((await store().readFeed({ ...input, nowSeconds: lastTokenEnd(NOW) })).lines).toEqual(
        [],
      )
    })
  })
}

function voidTokenContract(store: TheStore): void {
  describe('whether a token is void', () => {
    /** Of a machine when there is no user. */
    const tokenOf = (tenant: string, userId: UserId | null = USER) => ({
      tenant,
      grantId: newGrantId(),
      clientId: CLIENT,
      userId,
      clientTag: tagOf(CLIENT),
      userTag: userId === null ? null : tagOf(userId),
      issuedAtSeconds: NOW + 5,
    })

    test('a token of nobody who was revoked is not', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant, id: OTHER_USER }), [])
      const ending = userEnding({ tenant, userId: OTHER_USER })
      await store().revokeUserGrants({ ...ending, clientId: null })
      expect(await store().isRevoked(tokenOf(tenant))).toBe(false)
      expect(await store().isRevoked(tokenOf(tenant, null))).toBe(false)
    })

    test('every token of an ended grant is, whenever it was issued', async () => {
      const token = tokenOf(newTenant())
      const ending = { tenant: token.tenant, grantId: token.grantId, nowSeconds: NOW }
      await store().revokeGrant(ending)
      expect(await store().isRevoked(token)).toBe(true)
      expect(await store().isRevoked({ ...token, tenant: newTenant() })).toBe(false)
    })

    const holderEndings: Record<string, (ending: UserEnding & ClientEnding) => Promise<unknown>> = {
      'a user is disabled': (ending) => store().disableUser(ending),
      'a user gets another password': (ending) =>
        store().changePassword({ ...ending, passwordHash: '$argon2id$new' }),
      'a user takes back everything': (ending) =>
        store().revokeUserGrants({ ...ending, clientId: null }),
      'an app is disabled': (ending) => store().disableClient(ending),
      'an app is deleted': (ending) => store().deleteClient(ending),
    }
    test.for(Object.entries(holderEndings))(
      'security H6: when %s, what carries the former tag is void for ever, and nothing else',
      async ([what, end]) => {
        const tenant = newTenant()
        await store().createUser(userRecord({ tenant }), [])
        await store().createClient(clientRecord({ tenant }), null)
        // By a node that is not told for a while, or whose clock is ahead, however far.
        const token = { ...tokenOf(tenant), issuedAtSeconds: NOW + 30 * DAY }
        expect(await store().isRevoked(token)).toBe(false)
        const ending = { ...userEnding({ tenant }), ...clientEnding({ tenant, id: CLIENT }) }
        await end(ending)
        expect(await store().isRevoked(token)).toBe(true)

        const { newTag } = ending
        const user = await store().findUser(tenant, USER)
        const client = (await store().findClient(tenant, CLIENT))?.client
        const renewed = what.startsWith('a user') ? user?.tag : (client?.tag ?? newTag)
        expect(renewed).toBe(newTag)
        const again = what.startsWith('a user') ? { userTag: newTag } : { clientTag: newTag }
        expect(await store().isRevoked({ ...token, ...again })).toBe(false)
        const of = what.startsWith('a user')
          ? { userId: OTHER_USER, userTag: tagOf(OTHER_USER) }
          : { clientId: OTHER_CLIENT, clientTag: tagOf(OTHER_CLIENT) }
        expect(await store().isRevoked({ ...token, ...of })).toBe(false)
      },
    )

    test('security L4: the feed names apps and users by what only their tokens carry', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      await store().createClient(clientRecord({ tenant }), null)
      await store().disableUser(userEnding({ tenant }))
      await store().disableClient(clientEnding({ tenant, id: CLIENT }))
      expect(subjectsOf(await linesOf(store, tenant))).toEqual([
        `user:${tagOf(USER)}`,
        `client:${tagOf(CLIENT)}`,
      ])
    })

    test('where tokens name their grant alone, each of the user has a line, whatever clocks say', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      // By the clock of an API that is behind, what has just expired is good still.
      const give = (endsAtSeconds: number) => {
        const grant = grantRecord({ tenant })
        const given = { kind: 'token', grant, accessToken: null, endsAtSeconds } as const
        return store()
          .approveAuthorization(tokenApprovalOf(grant, { given }))
          .then(() => grant.id)
      }
      const [over, late, live] = [await give(NOW - 600), await give(NOW - 60), await give(NOW + 60)]
      await store().disableUser(userEnding({ tenant, nowSeconds: NOW, tokensName: 'grant' }))
      const subjects = subjectsOf(await linesOf(store, tenant))
      expect(subjects).toEqual([`user:${tagOf(USER)}`, `grant:${late}`, `grant:${live}`])
      expect(subjects).not.toContain(`grant:${over}`)
    })

    test('an id of one kind does not stand for the same id of another', async () => {
      const token = tokenOf(newTenant())
      const id = newId()
      const user = userRecord({ tenant: token.tenant, id: id as typeof USER })
      await store().createUser(user, [])
      const ending = userEnding({ tenant: token.tenant, userId: user.id })
      await store().revokeUserGrants({ ...ending, clientId: null })
      const namesake = {
        ...token,
        clientId: id as typeof CLIENT,
        clientTag: user.tag,
        grantId: id as typeof token.grantId,
      }
      expect(await store().isRevoked(namesake)).toBe(false)
    })
  })
}
