// What every store must do with approvals and consents.

import { describe, expect, test } from 'vitest'
import { newRevocationTag } from '../../../src/platform/random.ts'
import type { TokenHash } from '../../../src/protocol/ids.ts'
import type { CodeRecord } from '../../../src/store/records.ts'
import {
  accessTokenRecord,
  approvalOf,
  clientRecord,
  codeRecord,
  consentRecord,
  giveGrant,
  grantRecord,
  HOUR,
  NOW,
  newGrantId,
  newHash,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  PASSWORD_HASH,
  redemptionOf,
  sessionRecord,
  tokenApprovalOf,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

export function grantContract(store: TheStore): void {
  describe('approvals', () => {
    test('gives back a code with all its fields', async () => {
      const tenant = newTenant()
      const code = codeRecord({
        tenant,
        unitId: 'unit-1',
        scopes: ['a', 'b'],
        audience: [],
        sessionHash: newHash(),
        redirectUriSent: false,
        scopeDiffers: false,
        codeChallenge: null,
        codeChallengeMethod: null,
        nonce: 'n-0S6_WzA2Mj',
      })
      expect(await store().approveAuthorization(approvalOf(code))).toBe('approved')
      expect(await store().findCode(tenant, code.hash)).toEqual(code)
      expect(await store().findCode(newTenant(), code.hash)).toBeNull()
    })

    test('RFC 6749 §4.2: gives back a grant whose answer was an access token', async () => {
      const tenant = newTenant()
      const grant = grantRecord({ tenant })
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
      const given = { kind: 'token', grant, accessToken, endsAtSeconds: NOW + HOUR } as const
      const consent = consentRecord({ tenant })
      const approval = tokenApprovalOf(grant, { given, consent })
      expect(await store().approveAuthorization(approval)).toBe('approved')
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
      expect(await store().findConsent(consent)).toEqual(consent)
      expect(await store().listUserGrants(tenant, USER)).toEqual([grant])
    })

    test('an access token counts once, and hangs on the session, as a code does', async () => {
      const tenant = newTenant()
      const interaction = { tenant, purpose: 'consent', id: '1', expiresAtSeconds: NOW + HOUR }
      const answer = (session: TokenHash | null) => {
        const grant = grantRecord({ tenant })
        const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
        const given = { kind: 'token', grant, accessToken, endsAtSeconds: NOW + HOUR } as const
        const approval = tokenApprovalOf(grant, { given, interaction, session })
        return { grant, accessToken, answered: store().approveAuthorization(approval) }
      }
      expect(await answer(newHash()).answered).toBe('signed_out')
      expect(await answer(null).answered).toBe('approved')
      const second = answer(null)
      expect(await second.answered).toBe('already_decided')
      const { hash } = second.accessToken
      expect(await store().findAccessToken(tenant, hash, NOW)).toBeNull()
      expect(await store().findGrant(tenant, second.grant.id)).toBeNull()
    })

    test('finds a grant by its id, ended or not, in its tenant', async () => {
      const tenant = newTenant()
      const grant = await giveGrant(store(), { tenant, unitId: 'unit-1', userId: null })
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await store().findGrant(newTenant(), grant.id)).toBeNull()
      expect(await store().findGrant(tenant, newGrantId())).toBeNull()
      const ending = { tenant, nowSeconds: NOW + 5 }
      await store().revokeGrant({ ...ending, grantId: grant.id })
      expect(await store().findGrant(tenant, grant.id)).toEqual({
        ...grant,
        revokedAtSeconds: NOW + 5,
      })
    })

    test('a second answer to an interaction changes nothing', async () => {
      const tenant = newTenant()
      const interaction = { tenant, purpose: 'consent', id: '1', expiresAtSeconds: NOW + HOUR }
      const answer = (scopes: string[]) => {
        const code = codeRecord({ tenant })
        const consent = consentRecord({ tenant, scopes })
        const approval = approvalOf(code, { consent, interaction })
        return { code, consent, answered: store().approveAuthorization(approval) }
      }
      const first = answer(['a'])
      expect(await first.answered).toBe('approved')
      const second = answer(['b'])
      expect(await second.answered).toBe('already_decided')
      expect(await store().findCode(tenant, first.code.hash)).toEqual(first.code)
      expect(await store().findCode(tenant, second.code.hash)).toBeNull()
      expect(await store().findConsent(first.consent)).toEqual(first.consent)
    })

    test('a session that has ended approves nothing, and leaves the interaction open', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const interaction = { tenant, purpose: 'consent', id: '1', expiresAtSeconds: NOW + HOUR }
      const answer = (code: CodeRecord) =>
        store().approveAuthorization(approvalOf(code, { interaction, session: session.hash }))
      await store().createClient(clientRecord({ tenant }), null)
      expect(await answer(codeRecord({ tenant }))).toBe('approved')
      await store().endSession(tenant, session.hash)
      const late = codeRecord({ tenant })
      expect(await answer(late)).toBe('signed_out')
      expect(await store().findCode(tenant, late.hash)).toBeNull()
    })

    test('security H6: a session approves nothing under a former tag of its user or of the app', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      await store().createClient(clientRecord({ tenant }), null)
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const answer = (code: CodeRecord) =>
        store().approveAuthorization(approvalOf(code, { session: session.hash }))
      const former = newRevocationTag()
      expect(await answer(codeRecord({ tenant, clientTag: former }))).toBe('signed_out')
      expect(await answer(codeRecord({ tenant, userTag: former }))).toBe('signed_out')
      expect(await answer(codeRecord({ tenant }))).toBe('approved')
    })

    test('of approvals that race the end of their user neither a code nor a grant is left', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const codes = Array.from({ length: 20 }, () => codeRecord({ tenant }))
      const approvals = codes.flatMap((code) => [
        store().approveAuthorization(approvalOf(code, { session: session.hash })),
        store().approveAuthorization(
          tokenApprovalOf(grantRecord({ tenant }), { session: session.hash }),
        ),
      ])
      await Promise.all([...approvals, store().disableUser(userEnding({ tenant }))])
      const redeemed = codes.map((code) => store().redeemCode(redemptionOf(code)))
      expect(new Set(await Promise.all(redeemed))).toEqual(new Set(['unknown']))
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
    })

    test('a consent adds its scopes to those already allowed', async () => {
      const tenant = newTenant()
      for (const scopes of [['a', 'b'], ['b', 'c'], ['a']]) {
        const consent = consentRecord({ tenant, scopes, grantedAtSeconds: NOW + scopes.length })
        await store().approveAuthorization(approvalOf(codeRecord({ tenant }), { consent }))
      }
      expect(await store().findConsent(consentRecord({ tenant }))).toEqual(
        consentRecord({ tenant, scopes: ['a', 'b', 'c'], grantedAtSeconds: NOW + 1 }),
      )
    })

    test('security H5: a consent covers what the app had registered, and later only what was shown', async () => {
      const tenant = newTenant()
      const allow = async (redirectUris: readonly string[], shownRedirectUri: string) => {
        const consent = { ...consentRecord({ tenant, redirectUris }), shownRedirectUri }
        await store().approveAuthorization(approvalOf(codeRecord({ tenant }), { consent }))
        return (await store().findConsent(consent))?.redirectUris
      }
      expect(await allow(['a:1', 'a:2'], 'a:1')).toEqual(['a:1', 'a:2'])
      expect(await allow(['a:1', 'a:2', 'evil:1'], 'a:2')).toEqual(['a:1', 'a:2'])
      expect(await allow(['a:1', 'a:3', 'evil:1'], 'a:3')).toEqual(['a:1', 'a:3'])
      // The port of a loopback address is chosen anew each time: only what is registered is remembered.
      expect(await allow(['a:1', 'a:2', 'evil:1'], 'a:4')).toEqual(['a:1'])
    })

    test('a consent is for one user, one app and one organisation, or for none', async () => {
      const tenant = newTenant()
      const consent = consentRecord({ tenant, organisationId: null })
      await store().approveAuthorization(approvalOf(codeRecord({ tenant }), { consent }))
      expect(await store().findConsent(consent)).toEqual(consent)
      for (const other of [
        { organisationId: 'organisation-1' },
        { userId: OTHER_USER },
        { clientId: OTHER_CLIENT },
        { tenant: newTenant() },
      ]) {
        expect(await store().findConsent({ ...consent, ...other })).toBeNull()
      }
    })

    test('lists the live grants of a user, the latest first', async () => {
      const tenant = newTenant()
      const older = await giveGrant(store(), { tenant })
      const later = await giveGrant(store(), { tenant, createdAtSeconds: NOW + 1 })
      const ended = await giveGrant(store(), { tenant })
      await giveGrant(store(), { tenant, userId: OTHER_USER })
      const ending = { tenant, nowSeconds: NOW }
      await store().revokeGrant({ ...ending, grantId: ended.id })
      expect(await store().listUserGrants(tenant, USER)).toEqual([later, older])
    })
  })

  describe('ids that may be used once', () => {
    test('only the first claim counts, per tenant and purpose', async () => {
      const id = { tenant: newTenant(), purpose: 'jti', id: '1', expiresAtSeconds: NOW }
      expect(await store().claimOnce(id)).toBe(true)
      expect(await store().claimOnce(id)).toBe(false)
      expect(await store().claimOnce({ ...id, purpose: 'consent' })).toBe(true)
      expect(await store().claimOnce({ ...id, id: '2' })).toBe(true)
      expect(await store().claimOnce({ ...id, tenant: newTenant() })).toBe(true)
    })
  })

  describe('access tokens', () => {
    test('an opaque token is found until it expires, in its tenant', async () => {
      const tenant = newTenant()
      const token = accessTokenRecord({
        tenant,
        grantId: grantRecord({ tenant }).id,
        userId: null,
        unitId: 'unit-1',
        scopes: [],
      })
      await store().saveAccessToken(token)
      const until = token.expiresAtSeconds
      expect(await store().findAccessToken(tenant, token.hash, until - 1)).toEqual(token)
      expect(await store().findAccessToken(tenant, token.hash, until)).toBeNull()
      expect(await store().findAccessToken(newTenant(), token.hash, NOW)).toBeNull()
    })
  })
}
