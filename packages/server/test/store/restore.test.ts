// What a restore does to a database, on both of them: everything that a server could give again is void.

import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { asClientId } from '../../src/protocol/ids.ts'
import type { EndedSubject, GrantsToEnd, RestoredDatabase } from '../../src/store/port/restore.ts'
import type { Store } from '../../src/store/port.ts'
import { openStore, type StoreSettings } from '../../src/store/sql/open.ts'
import { listOtherConnections, openRestored } from '../../src/store/sql/open-restored.ts'
import { copyDatabase, holdDatabase } from '../../src/store/sql/sqlite-copy.ts'
import { createDatabase } from '../support/postgres.ts'
import { DIALECTS, temporaryFolder } from './databases.ts'
import {
  accessIdentifierRecord,
  accessTokenRecord,
  approvalOf,
  approve,
  CLIENT,
  clientRecord,
  codeRecord,
  consentRecord,
  giveGrant,
  grantRecord,
  HOUR,
  keyRecord,
  NOW,
  newGrantId,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  PASSWORD_HASH,
  redemptionOf,
  rotationOf,
  sessionRecord,
  startChain,
  tokenApprovalOf,
  trustedIssuerRecord,
  USER,
  userRecord,
} from './records.ts'

const UNTIL = NOW + 5
const FIRST_SEQUENCE = 1_000_007

describe.for(DIALECTS)('security M5: a restore on %s', (dialect) => {
  let settings: StoreSettings
  let store: Store
  let database: RestoredDatabase
  let tenant: string

  beforeEach(async () => {
    settings =
      dialect === 'sqlite'
        ? { kind: 'sqlite', path: join(await temporaryFolder(), 'ostiary.db') }
        : { kind: 'postgres', url: await createDatabase() }
    store = await openStore(settings, { migrate: true })
    database = await openRestored(settings)
    tenant = await createTenant()
    onTestFinished(async () => {
      await database.close()
      await store.close()
    })
  })

  /** With two users and two apps. */
  async function createTenant(): Promise<string> {
    const name = newTenant()
    for (const id of [USER, OTHER_USER]) {
      await store.createUser(userRecord({ tenant: name, id, username: `name of ${id}` }), [])
    }
    for (const id of [CLIENT, OTHER_CLIENT]) {
      await store.createClient(clientRecord({ tenant: name, id }), null)
    }
    return name
  }

  const restore = (
    ended: readonly EndedSubject[] = [],
    { ends = 'rotating', isKnown = true }: { ends?: GrantsToEnd; isKnown?: boolean } = {},
  ) =>
    database.restore({
      ...{ epoch: 'the next', nowSeconds: NOW, issuedUntilSeconds: UNTIL },
      tenants: [{ tenant, firstSequence: FIRST_SEQUENCE, ends, isKnown, ended }],
    })

  test('begins a new epoch with a line that voids every token issued before', async () => {
    const token = {
      ...{ tenant, grantId: newGrantId(), clientId: CLIENT, userId: null },
      ...{ clientTag: null, userTag: null },
      issuedAtSeconds: UNTIL,
    }
    const before = await database.look()
    expect(before.epoch).toBe((await store.readFeedState(tenant)).epoch)
    await restore()
    expect(
      await store.readFeed({ tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }),
    ).toMatchObject({
      epoch: 'the next',
      lastSequence: FIRST_SEQUENCE,
      lines: [{ sequence: FIRST_SEQUENCE, kind: 'tenant', subject: '', issuedUntilSeconds: UNTIL }],
    })
    expect(await store.isRevoked(token)).toBe(true)
    expect(await store.isRevoked({ ...token, issuedAtSeconds: UNTIL + 1 })).toBe(false)
    expect(await store.isRevoked({ ...token, tenant: newTenant() })).toBe(false)
    expect(await database.look()).toMatchObject({
      epoch: 'the next',
      tenants: [{ tenant, lastSequence: FIRST_SEQUENCE }],
      newestAtSeconds: NOW,
    })
  })

  test('leaves no token good that a clock far ahead dated after it', async () => {
    const [current, next] = [keyRecord({ tenant }), keyRecord({ tenant, state: 'next' })]
    await store.createFirstKeys([current, next])
    const grant = grantRecord({ tenant })
    const ahead = { issuedAtSeconds: UNTIL + HOUR, expiresAtSeconds: UNTIL + 2 * HOUR }
    const accessToken = accessTokenRecord({ tenant, grantId: grant.id, ...ahead })
    const given = { kind: 'token', grant, accessToken, endsAtSeconds: UNTIL + 2 * HOUR } as const
    await store.approveAuthorization(tokenApprovalOf(grant, { given }))
    const find = () => store.findAccessToken(tenant, accessToken.hash, NOW)
    expect(await find()).not.toBeNull()
    expect(await database.listKeys(tenant, NOW)).toHaveLength(2)
    await restore([], { ends: 'named' })
    expect(await find()).toBeNull()
    // Nor does the next key sign any more: it may have come into use after the backup.
    expect(await store.listKeys(tenant, NOW)).toEqual([])
  })

  test.for([
    [UNTIL, 'already_used'],
    [UNTIL + 1, 'opened'],
  ] as const)(
    'B17: takes no JWT that is good once and may have been used since: made at %s',
    async ([madeAtSeconds, outcome]) => {
      const issuer = trustedIssuerRecord({ tenant })
      await store.createTrustedIssuer(issuer)
      const identity = accessIdentifierRecord({
        ...{ tenant, kind: 'identity', trustedIssuerId: issuer.id },
      })
      await store.createAccessIdentifier(identity)
      await restore()
      const resumed = await store.findTrustedIssuer(tenant, issuer.issuer)
      const user = await store.findUser(tenant, USER)
      const grant = grantRecord({ tenant, clientId: issuer.id })
      const jwt = { tenant, purpose: 'jwt', id: 'of before', expiresAtSeconds: UNTIL + HOUR }
      const opening = store.openGrant({
        grant: {
          ...grant,
          clientTag: resumed?.tag ?? grant.clientTag,
          userTag: user?.tag ?? grant.userTag,
        },
        tokens: { accessToken: null, refreshToken: null },
        endsAtSeconds: NOW + HOUR,
        guard: {
          ...{ kind: 'identity', trustedIssuerId: issuer.id, accessIdentifierId: identity.id },
          once: { ...jwt, madeAtSeconds },
        },
      })
      expect(await opening).toBe(outcome)
      // Nor does it matter elsewhere.
      expect(await store.claimOnce({ ...jwt, id: 'an answer' })).toBe(true)
    },
  )

  test('replaces the line of an earlier one, which may have reached further', async () => {
    await restore()
    const again = { tenant, firstSequence: FIRST_SEQUENCE + 7, ends: 'named', ended: [] } as const
    await database.restore({
      ...{ epoch: 'another', nowSeconds: NOW, issuedUntilSeconds: UNTIL - 60 },
      tenants: [{ ...again, isKnown: false }],
    })
    const page = { tenant, afterSequence: 0, nowSeconds: NOW, limit: 10 }
    expect((await store.readFeed(page)).lines).toMatchObject([
      { sequence: FIRST_SEQUENCE + 7, kind: 'tenant', issuedUntilSeconds: UNTIL },
    ])
  })

  test('ends sessions, and codes that may have been redeemed since', async () => {
    const session = sessionRecord({ tenant })
    await store.createSession(session, PASSWORD_HASH)
    const { code } = await approve(store, { tenant })
    await restore()
    expect(await store.findSession(tenant, session.hash, NOW)).toBeNull()
    expect(await store.findCode(tenant, code.hash)).toBeNull()
  })

  /** Refresh tokens of every kind, each of a grant of its own, and a grant that has none. */
  async function startChains() {
    const stable = asClientId('stable')
    await store.createClient(clientRecord({ tenant, id: stable, refreshPolicy: 'stable' }), null)
    const chains = {
      rotating: await startChain(store, { tenant }),
      stable: await startChain(store, { tenant, clientId: stable }),
      'stable, but given without a proof of the app': await startChain(
        store,
        { tenant, clientId: stable },
        { clientAuthenticated: false },
      ),
      'spent before': await startChain(store, { tenant }),
    }
    const spent = chains['spent before'].token
    expect(await store.rotateRefreshToken(rotationOf(spent))).toMatchObject({ outcome: 'rotated' })
    const { id: none } = await giveGrant(store, { tenant })
    const grants = Object.entries(chains).map(([name, { grant }]) => [name, grant.id] as const)
    return { chains, grants: [...grants, ['without any', none] as const] }
  }

  test.for<[GrantsToEnd, string[]]>([
    ['all', []],
    ['rotating', ['stable', 'without any']],
    [
      'named',
      [
        'rotating',
        'stable',
        'stable, but given without a proof of the app',
        'spent before',
        'without any',
      ],
    ],
  ])(
    'ends refresh tokens that may have been spent since, and keeps the others: ends %s',
    async ([ends, living]) => {
      const { chains, grants } = await startChains()
      const elsewhere = await startChain(store, { tenant: await createTenant() })
      await restore([], { ends })
      const found = await Promise.all(
        grants.map(async ([name, id]) => ({ name, grant: await store.findGrant(tenant, id) })),
      )
      const live = found.filter(({ grant }) => grant?.revokedAtSeconds === null)
      expect(live.map(({ name }) => name)).toEqual(living)
      const { outcome } = await store.rotateRefreshToken(rotationOf(chains.rotating.token))
      expect(outcome).toBe(ends === 'named' ? 'rotated' : 'revoked')
      const grant = await store.findGrant(elsewhere.grant.tenant, elsewhere.grant.id)
      expect(grant?.revokedAtSeconds).toBeNull()
    },
  )

  test.for([
    ['while the app has access', undefined],
    ['after that had ended', NOW - 1],
  ] as const)(
    'asks again where a consent may have been taken back since, which no line tells: backed up %s',
    async ([_when, endsAtSeconds]) => {
      const { grant, consent } = await approveWithConsent({ endsAtSeconds })
      await restore()
      const isAskedAgain = (await store.findConsent(consent)) === null
      expect(isAskedAgain).toBe(endsAtSeconds !== undefined)
      expect((await store.findGrant(tenant, grant.id))?.revokedAtSeconds).toBeNull()
    },
  )

  test('asks nobody again where that is accepted', async () => {
    const { consent } = await approveWithConsent({ endsAtSeconds: NOW - 1 })
    await restore([], { ends: 'named', isKnown: false })
    expect(await store.findConsent(consent)).not.toBeNull()
  })

  test('asks nobody again for what ended only because nobody knows', async () => {
    const { consent } = await approveWithConsent()
    const { token } = await startChain(store, { tenant })
    await restore()
    expect((await store.findRefreshToken(tenant, token.hash))?.grantIsLive).toBe(false)
    expect(await store.findConsent(consent)).not.toBeNull()
  })

  /** The users whose grants to which apps still go on, after one of each. */
  async function liveAfter(...restoration: Parameters<typeof restore>) {
    const parties = [USER, OTHER_USER].flatMap((userId) =>
      [CLIENT, OTHER_CLIENT].map((clientId) => ({ userId, clientId })),
    )
    for (const party of parties) await giveGrant(store, { tenant, ...party })
    await restore(...restoration)
    const found = [USER, OTHER_USER].map((userId) => store.listUserGrants(tenant, userId))
    return (await Promise.all(found))
      .flat()
      .filter((grant) => grant.revokedAtSeconds === null)
      .map(({ userId, clientId }) => `${userId} ${clientId}`)
      .toSorted()
  }

  test('ends all that a user, or a client, had given and got', async () => {
    expect(await liveAfter([{ source: 'users', id: USER }])).toEqual([
      `${OTHER_USER} ${CLIENT}`,
      `${OTHER_USER} ${OTHER_CLIENT}`,
    ])
    expect(await liveAfter([{ source: 'clients', id: CLIENT }])).not.toContain(`${USER} ${CLIENT}`)
  })

  test('ends single grants, and forgets the consent: the app asks again', async () => {
    const { grant, consent } = await approveWithConsent()
    const other = await giveGrant(store, { tenant })
    await restore([{ source: 'grants', id: grant.id }])
    expect((await store.findGrant(tenant, grant.id))?.revokedAtSeconds).toBe(NOW)
    expect((await store.findGrant(tenant, other.id))?.revokedAtSeconds).toBeNull()
    expect(await store.findConsent(consent)).toBeNull()
  })

  test('ends everything where nobody knows what has ended, in this tenant alone', async () => {
    const elsewhere = await giveGrant(store, { tenant: await createTenant() })
    const { consent } = await approveWithConsent()
    expect(await liveAfter([], { ends: 'all' })).toEqual([])
    expect(await store.findConsent(consent)).toBeNull()
    const found = await store.findGrant(elsewhere.tenant, elsewhere.id)
    expect(found?.revokedAtSeconds).toBeNull()
  })

  async function approveWithConsent({
    endsAtSeconds,
  }: {
    endsAtSeconds?: number | undefined
  } = {}) {
    const consent = consentRecord({ tenant })
    const code = codeRecord({ tenant, organisationId: consent.organisationId })
    const shown = { ...consent, shownRedirectUri: consent.redirectUris[0] ?? '' }
    await store.approveAuthorization(approvalOf(code, { consent: shown }))
    await store.redeemCode(redemptionOf(code, endsAtSeconds === undefined ? {} : { endsAtSeconds }))
    const grant = await store.findGrant(tenant, code.grantId)
    if (!grant) throw new Error('the code gave no grant')
    return { grant, consent }
  }

  test('finds in pages what lines of the feed may be about', async () => {
    const page = { tenant, source: 'users', limit: 1 } as const
    const [first] = await database.listSubjects({ ...page, afterId: '' })
    const [second] = await database.listSubjects({ ...page, afterId: first?.id ?? '' })
    expect([first?.id, second?.id]).toEqual([USER, OTHER_USER])
    expect(await database.listSubjects({ ...page, afterId: OTHER_USER })).toEqual([])
  })

  test('notices whoever is connected', async () => {
    if (settings.kind === 'sqlite') {
      expect(holdDatabase(settings.path)).toBeUndefined()
      await Promise.all([database.close(), store.close()])
      holdDatabase(settings.path)?.release()
      expect(holdDatabase(settings.path)).toBeDefined()
    } else {
      await store.check()
      expect(await listOtherConnections(settings.url)).not.toEqual([])
      await Promise.all([database.close(), store.close()])
      await expect
        .poll(() => listOtherConnections(settings.kind === 'postgres' ? settings.url : ''))
        .toEqual([])
    }
  })
})

test('operating 7: a file that is broken, or none of ours, is never taken for a backup', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'ostiary.db')
  writeFileSync(path, 'no database at all, but long enough to look at')
  const empty = join(folder, 'empty.db')
  writeFileSync(empty, '')
  for (const from of [path, empty, join(folder, 'nowhere.db')]) {
    expect(() => copyDatabase(from, join(folder, 'copy.db'))).toThrow('the database')
  }
  // Nobody can be in it, so it is replaced like any other, and kept.
  const replacement = join(folder, 'new.db')
  await (await openStore({ kind: 'sqlite', path: replacement }, { migrate: true })).close()
  const held = holdDatabase(path)
  held?.replaceBy(replacement, { keepAs: join(folder, 'kept.db') })
  held?.release()
  expect(readdirSync(folder).toSorted()).toEqual(['empty.db', 'kept.db', 'ostiary.db'])
  expect(() => copyDatabase(path, empty)).toThrow('exists already')
  copyDatabase(path, join(folder, 'copy.db'))
  expect(existsSync(join(folder, 'copy.db'))).toBe(true)
})
