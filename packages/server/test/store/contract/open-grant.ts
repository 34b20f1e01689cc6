// What every store must do when a grant is opened together with its tokens.

import { beforeEach, describe, expect, test } from 'vitest'
import { newId, newRevocationTag } from '../../../src/platform/random.ts'
import { asClientId } from '../../../src/protocol/ids.ts'
import type { GrantGuard, NewTokens } from '../../../src/store/port.ts'
import type {
  AccessIdentifierRecord,
  ApplicationKeyRecord,
  GrantRecord,
  TrustedIssuerRecord,
} from '../../../src/store/records.ts'
import {
  accessIdentifierRecord,
  accessTokenRecord,
  applicationKeyRecord,
  CLIENT,
  clientEnding,
  clientRecord,
  grantRecord,
  HOUR,
  NOW,
  newTenant,
  organisationRecord,
  refreshTokenRecord,
  trustedIssuerRecord,
  USER,
  userEnding,
  userRecord,
} from '../records.ts'
import type { TheStore } from './the-store.ts'

const NO_TOKENS: NewTokens = { accessToken: null, refreshToken: null }

export function openGrantContract(store: TheStore): void {
  describe('opening a grant with its tokens', () => {
    let tenant: string
    let key: ApplicationKeyRecord
    let issuer: TrustedIssuerRecord
    let code: AccessIdentifierRecord
    let identity: AccessIdentifierRecord
    let guards: Record<GrantGuard['kind'], GrantGuard>

    beforeEach(async () => {
      tenant = newTenant()
      key = applicationKeyRecord({ tenant, expiresAtSeconds: NOW + 10 })
      issuer = trustedIssuerRecord({ tenant })
      code = accessIdentifierRecord({ tenant })
      identity = accessIdentifierRecord({ tenant, kind: 'identity', trustedIssuerId: issuer.id })
      await store().createOrganisation(organisationRecord({ tenant }), [])
      await store().createUser(userRecord({ tenant }), [])
      await store().createApplicationKey(key)
      await store().createTrustedIssuer(issuer)
      await store().createClient(clientRecord({ tenant }), null)
      await store().createAccessIdentifier(code)
      await store().createAccessIdentifier(identity)
      guards = {
        password: { kind: 'password', userId: USER, passwordHash: '$argon2id$old' },
        key: { kind: 'key', keyId: key.id, accessIdentifierId: code.id },
        code: { kind: 'code', accessIdentifierId: code.id },
        identity: {
          kind: 'identity',
          trustedIssuerId: issuer.id,
          accessIdentifierId: identity.id,
          once: null,
        },
      }
    })

    /** Of whom it is, as the guard says. */
    const clientOf = (kind: GrantGuard['kind']) =>
      ({ password: CLIENT, key: key.id, code: asClientId(code.id), identity: issuer.id })[kind]
    const open = (grant: GrantRecord, guard: GrantGuard, tokens = NO_TOKENS) =>
      store().openGrant({ grant, tokens, endsAtSeconds: NOW + HOUR, guard })
    const newTag = newRevocationTag()
    const ending = (id: string) => clientEnding({ tenant, id: asClientId(id), newTag })

    test.for(['password', 'key', 'code', 'identity'] as const)(
      'stores the grant and its tokens, guarded by %s',
      async (kind) => {
        const clientId = clientOf(kind)
        const grant = grantRecord({ tenant, clientId })
        const ids = { tenant, grantId: grant.id, clientId }
        const tokens = {
          accessToken: accessTokenRecord(ids),
          refreshToken: refreshTokenRecord(ids),
        }
        expect(await open(grant, guards[kind], tokens)).toBe('opened')
        expect(await store().findGrant(tenant, grant.id)).toEqual(grant)
        const { accessToken, refreshToken } = tokens
        expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toEqual(accessToken)
        expect((await store().findRefreshToken(tenant, refreshToken.hash))?.token).toEqual(
          refreshToken,
        )
      },
    )

    test('a key alone opens a grant of nobody, and a disabled user changes nothing about it', async () => {
      await store().disableUser(userEnding({ tenant }))
      const grant = grantRecord({ tenant, clientId: key.id, userId: null })
      expect(await open(grant, { kind: 'key', keyId: key.id, accessIdentifierId: null })).toBe(
        'opened',
      )
    })

    const ends = {
      'a new password': {
        kind: 'password',
        outcome: 'user_ended',
        end: () =>
          store().changePassword({ ...userEnding({ tenant, newTag }), passwordHash: 'new' }),
      },
      'disabling the user who gave a password': {
        kind: 'password',
        outcome: 'user_ended',
        end: () => store().disableUser(userEnding({ tenant, newTag })),
      },
      'disabling the user who is named': {
        kind: 'key',
        outcome: 'user_ended',
        end: () => store().disableUser(userEnding({ tenant, newTag })),
      },
      'suspending the key': {
        kind: 'key',
        outcome: 'key_ended',
        end: () => store().suspendApplicationKey(ending(key.id)),
      },
      'deleting the key': {
        kind: 'key',
        outcome: 'key_ended',
        end: () => store().deleteApplicationKey(ending(key.id)),
      },
      'deleting the access identifier': {
        kind: 'key',
        outcome: 'identifier_gone',
        end: () => store().deleteAccessIdentifier(ending(code.id)),
      },
      'deleting the code that comes alone': {
        kind: 'code',
        outcome: 'identifier_gone',
        end: () => store().deleteAccessIdentifier(ending(code.id)),
      },
      'disabling the user of a code that comes alone': {
        kind: 'code',
        outcome: 'user_ended',
        end: () => store().disableUser(userEnding({ tenant, newTag })),
      },
      'suspending the issuer': {
        kind: 'identity',
        outcome: 'issuer_ended',
        end: () => store().suspendTrustedIssuer(ending(issuer.id)),
      },
      'deleting the issuer': {
        kind: 'identity',
        outcome: 'issuer_ended',
        end: () => store().deleteTrustedIssuer(ending(issuer.id)),
      },
      'deleting the identity': {
        kind: 'identity',
        outcome: 'identifier_gone',
        end: () => store().deleteAccessIdentifier(ending(identity.id)),
      },
    } as const
    test.for(Object.entries(ends))(
      '%s leaves no new grant behind it',
      async ([_name, { kind, outcome, end }]) => {
        expect(await end()).toBe(true)
        const grant = grantRecord({ tenant, clientId: clientOf(kind) })
        const accessToken = accessTokenRecord({ tenant, grantId: grant.id })
        const tokens = { accessToken, refreshToken: null }
        expect(await open(grant, guards[kind], tokens)).toBe(outcome)
        expect(await store().findGrant(tenant, grant.id)).toBeNull()
        expect(await store().findAccessToken(tenant, accessToken.hash, NOW)).toBeNull()
        // Nor does it, should somebody know the tag that it has from now on.
        const tag = outcome === 'user_ended' ? { userTag: newTag } : { clientTag: newTag }
        const knowing = grantRecord({ tenant, clientId: clientOf(kind), ...tag })
        const further = outcome === 'identifier_gone' ? grant : knowing
        expect(await open(further, guards[kind])).toBe(outcome)
      },
    )

    test('a key opens nothing from the second on in which it expires', async () => {
      const openAt = (createdAtSeconds: number) =>
        open(grantRecord({ tenant, clientId: key.id, createdAtSeconds }), guards.key)
      expect(await openAt(NOW + 9)).toBe('opened')
      expect(await openAt(NOW + 10)).toBe('key_ended')
    })

    test('what is of another tenant counts for nothing', async () => {
      const other = newTenant()
      const grant = grantRecord({ tenant: other, clientId: key.id })
      expect(await open(grant, guards.key)).toBe('key_ended')
      expect(await open(grant, guards.code)).toBe('identifier_gone')
      expect(await open(grant, guards.identity)).toBe('issuer_ended')
      expect(await open(grant, guards.password)).toBe('user_ended')
    })

    test('B17: a JWT id is claimed with the grant: once, and not by what is refused', async () => {
      const once = { tenant, purpose: 'jwt', id: newId(), expiresAtSeconds: NOW + HOUR }
      const guard = { ...guards.identity, once: { ...once, madeAtSeconds: NOW } } as GrantGuard
      const newGrant = () => grantRecord({ tenant, clientId: issuer.id })
      await store().suspendTrustedIssuer(ending(issuer.id))
      expect(await open(newGrant(), guard)).toBe('issuer_ended')
      await store().resumeTrustedIssuer(tenant, issuer.id)
      const resumed = await store().findTrustedIssuer(tenant, issuer.issuer)
      const newGrantNow = () => ({ ...newGrant(), clientTag: resumed?.tag ?? issuer.tag })
      expect(await open(newGrantNow(), guard)).toBe('opened')
      const late = newGrantNow()
      expect(await open(late, guard)).toBe('already_used')
      expect(await store().findGrant(tenant, late.id)).toBeNull()
      expect(await store().claimOnce(once)).toBe(false)
    })
  })
}
