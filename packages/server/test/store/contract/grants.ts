// What every store must do with approvals, consents and codes.

import { describe, expect, test } from 'vitest'
import type { TokenHash } from '../../../src/protocol/ids.ts'
import {
  accessTokenRecord,
  approvalOf,
  approve,
  CLIENT,
  codeRecord,
  consentRecord,
  grantRecord,
  HOUR,
  NOW,
  newGrantId,
  newHash,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  PASSWORD_HASH,
  refreshTokenRecord,
  sessionRecord,
  USER,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

const NO_TOKENS = { accessToken: null, refreshToken: null }

export function grantContract(store: TheStore): void {
  describe('approvals', () => {
    test('gives back grant and code with all their fields', async () => {
      const tenant = newTenant()
      const grant = grantRecord({ tenant, unitId: 'unit-1', scopes: ['a', 'b'], audience: [] })
      const code = codeRecord({
        tenant,
        grantId: grant.id,
        redirectUriSent: false,
        codeChallenge: null,
        codeChallengeMethod: null,
        nonce: 'n-0S6_WzA2Mj',
      })
      const input = { grant, code, consent: null, interaction: null, session: null }
      expect(await store().approveAuthorization(approvalOf(input))).toBe('approved')
      expect(await store().findCode(tenant, code.hash)).toEqual({ grant, code })
      expect(await store().findCode(newTenant(), code.hash)).toBeNull()
    })

    test('RFC 6749 §4.2: gives back a grant whose answer was an access token', async () => {
      const tenant = newTenant()
      const grant = grantRecord({ tenant })
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
      const rest = {
        code: null,
        consent: { ...consentRecord({ tenant }), shownRedirectUri: '' },
        interaction: null,
        session: null,
      }
      const approval = { grant, accessToken, endsAtSeconds: NOW + HOUR, ...rest }
      expect(await store().approveAuthorization(approval)).toBe('approved')
      expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
      expect(await store().findConsent(rest.consent)).toEqual(consentRecord({ tenant }))
      expect(await store().listUserGrants(tenant, USER)).toEqual([grant])
    })

    test('an access token counts once, and hangs on the session, as a code does', async () => {
      const tenant = newTenant()
      const interaction = { tenant, purpose: 'consent', id: '1', expiresAtSeconds: NOW + HOUR }
      const answer = (session: TokenHash | null) => {
        const grant = grantRecord({ tenant })
        const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
        const approval = { grant, accessToken, endsAtSeconds: NOW + HOUR, code: null, interaction }
        return { ...approval, consent: null, session }
      }
      expect(await store().approveAuthorization(answer(newHash()))).toBe('signed_out')
      expect(await store().approveAuthorization(answer(null))).toBe('approved')
      const second = answer(null)
      expect(await store().approveAuthorization(second)).toBe('already_decided')
      const { hash } = second.accessToken
      expect(await store().findAccessToken(tenant, hash, NOW)).toBeNull()
      expect(await store().findGrant(tenant, second.grant.id)).toBeNull()
    })

    test('finds a grant by its id, ended or not, in its tenant', async () => {
      const tenant = newTenant()
      const { grant } = await approve(store(), { tenant, unitId: 'unit-1', userId: null })
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
        const grant = grantRecord({ tenant })
        const code = codeRecord({ tenant, grantId: grant.id })
        const consent = consentRecord({ tenant, scopes })
        return { grant, code, consent, interaction, session: null }
      }
      const [first, second] = [answer(['a']), answer(['b'])]
      expect(await store().approveAuthorization(approvalOf(first))).toBe('approved')
      expect(await store().approveAuthorization(approvalOf(second))).toBe('already_decided')
      expect(await store().findCode(tenant, second.code.hash)).toBeNull()
      expect(await store().findConsent(first.consent)).toEqual(first.consent)
      expect(await store().listUserGrants(tenant, USER)).toEqual([first.grant])
    })

    test('a session that has ended approves nothing, and leaves the interaction open', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const interaction = { tenant, purpose: 'consent', id: '1', expiresAtSeconds: NOW + HOUR }
      const answer = () => {
        const grant = grantRecord({ tenant })
        const code = codeRecord({ tenant, grantId: grant.id })
        return { grant, code, consent: null, interaction, session: session.hash }
      }
      expect(await store().approveAuthorization(approvalOf(answer()))).toBe('approved')
      await store().endSession(tenant, session.hash)
      const late = answer()
      expect(await store().approveAuthorization(approvalOf(late))).toBe('signed_out')
      expect(await store().findCode(tenant, late.code.hash)).toBeNull()
    })

    test('of approvals that race the end of their user no grant is left', async () => {
      const tenant = newTenant()
      await store().createUser(userRecord({ tenant }), [])
      const session = sessionRecord({ tenant })
      await store().createSession(session, PASSWORD_HASH)
      const approvals = Array.from({ length: 20 }, () => {
        const grant = grantRecord({ tenant })
        const code = codeRecord({ tenant, grantId: grant.id })
        const input = { grant, code, consent: null, interaction: null, session: session.hash }
        return store().approveAuthorization(approvalOf(input))
      })
      const ending = {
        tenant,
        userId: USER,
        nowSeconds: NOW,
      }
      await Promise.all([...approvals, store().disableUser(ending)])
      expect(await store().listUserGrants(tenant, USER)).toEqual([])
    })

    test('a consent adds its scopes to those already allowed', async () => {
      const tenant = newTenant()
      for (const scopes of [['a', 'b'], ['b', 'c'], ['a']]) {
        const grant = grantRecord({ tenant })
        const code = codeRecord({ tenant, grantId: grant.id })
        const consent = consentRecord({ tenant, scopes, grantedAtSeconds: NOW + scopes.length })
        await store().approveAuthorization(
          approvalOf({
            grant,
            code,
            consent,
            interaction: null,
            session: null,
          }),
        )
      }
      expect(await store().findConsent(consentRecord({ tenant }))).toEqual(
        consentRecord({ tenant, scopes: ['a', 'b', 'c'], grantedAtSeconds: NOW + 1 }),
      )
    })

    test('security H5: a consent covers what the app had registered, and later only what was shown', async () => {
      const tenant = newTenant()
      const allow = async (redirectUris: readonly string[], shownRedirectUri: string) => {
        const grant = grantRecord({ tenant })
        const code = codeRecord({ tenant, grantId: grant.id })
        const consent = { ...consentRecord({ tenant, redirectUris }), shownRedirectUri }
        await store().approveAuthorization(
          approvalOf({ grant, code, consent, interaction: null, session: null }),
        )
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
      const grant = grantRecord({ tenant })
      const code = codeRecord({ tenant, grantId: grant.id })
      const consent = consentRecord({ tenant, organisationId: null })
      await store().approveAuthorization(
        approvalOf({ grant, code, consent, interaction: null, session: null }),
      )
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
      const { grant: older } = await approve(store(), { tenant })
      const { grant: later } = await approve(store(), { tenant, createdAtSeconds: NOW + 1 })
      const { grant: ended } = await approve(store(), { tenant })
      await approve(store(), { tenant, userId: OTHER_USER })
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

  describe('codes', () => {
    test('RFC 6749 §4.1.2: a code is redeemed once, together with its tokens', async () => {
      const tenant = newTenant()
      const { grant, code } = await approve(store(), { tenant })
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id, authTimeSeconds: NOW })
      const refreshToken = refreshTokenRecord({ tenant, grantId: grant.id })
      const request = { tenant, hash: code.hash, clientId: CLIENT, nowSeconds: NOW + 3 }
      const tokens = { accessToken, refreshToken }

      expect(await store().redeemCode({ ...request, tokens })).toBe('redeemed')
      expect(await store().findCode(tenant, code.hash)).toEqual({
        grant,
        code: { ...code, redeemedAtSeconds: NOW + 3 },
      })
      expect(await store().findRefreshToken(tenant, refreshToken.hash)).toEqual({
        grant,
        token: refreshToken,
      })
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
    })

    test('attack C11: a code is redeemed in its tenant alone, and not burnt elsewhere', async () => {
      const tenant = newTenant()
      const { code } = await approve(store(), { tenant })
      const tokens = { accessToken: null, refreshToken: null }
      const request = { hash: code.hash, clientId: CLIENT, nowSeconds: NOW + 3, tokens }
      expect(await store().redeemCode({ ...request, tenant: newTenant() })).toBe('unknown')
      expect(await store().redeemCode({ ...request, tenant })).toBe('redeemed')
    })

    test('OAuth 2.1: a second redemption stores nothing and ends nothing', async () => {
      const tenant = newTenant()
      const { grant, code } = await approve(store(), { tenant })
      const request = { tenant, hash: code.hash, clientId: CLIENT, nowSeconds: NOW }
      await store().redeemCode({ ...request, tokens: NO_TOKENS })
      const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
      const again = { ...request, tokens: { accessToken, refreshToken: null } }
      expect(await store().redeemCode(again)).toBe('already_redeemed')
      expect(await store().redeemCode({ ...again, nowSeconds: NOW + HOUR })).toBe(
        'already_redeemed',
      )
      expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toBeNull()
      expect((await store().findCode(tenant, code.hash))?.grant.revokedAtSeconds).toBeNull()
    })

    test('a code expires on the second', async () => {
      const tenant = newTenant()
      const { code } = await approve(store(), { tenant })
      const request = { tenant, hash: code.hash, clientId: CLIENT, tokens: NO_TOKENS }
      expect(await store().redeemCode({ ...request, nowSeconds: code.expiresAtSeconds })).toBe(
        'expired',
      )
      expect(await store().redeemCode({ ...request, nowSeconds: code.expiresAtSeconds - 1 })).toBe(
        'redeemed',
      )
    })

    test('attack A5: another client cannot redeem a code, nor burn it', async () => {
      const tenant = newTenant()
      const { code } = await approve(store(), { tenant })
      const request = { tenant, hash: code.hash, nowSeconds: NOW, tokens: NO_TOKENS }
      expect(await store().redeemCode({ ...request, clientId: OTHER_CLIENT })).toBe('unknown')
      expect(await store().redeemCode({ ...request, clientId: CLIENT })).toBe('redeemed')
    })

    test('the code of an ended grant, and one that never was, give nothing', async () => {
      const tenant = newTenant()
      const { grant, code } = await approve(store(), { tenant })
      const request = { tenant, clientId: CLIENT, nowSeconds: NOW, tokens: NO_TOKENS }
      const ending = { tenant, nowSeconds: NOW }
      await store().revokeGrant({ ...ending, grantId: grant.id })
      expect(await store().redeemCode({ ...request, hash: code.hash })).toBe('expired')
      expect(await store().redeemCode({ ...request, hash: newHash() })).toBe('unknown')
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
