// One-time transitions under many callers at once. Each check returns what went wrong, so that the contract can
// expect nothing, and the broken stores something.

import { newId } from '../../src/platform/random.ts'
import { asGrantId } from '../../src/protocol/ids.ts'
import type { GrantEndingOutcome, RotateOutcome, Store } from '../../src/store/port.ts'
import type { GrantRecord } from '../../src/store/records.ts'
import {
  CALLERS,
  type Check,
  count,
  differences,
  failed,
  insist,
  race,
  type Stores,
  tally,
} from './race.ts'
import {
  accessIdentifierRecord,
  accessTokenRecord,
  applicationKeyRecord,
  approvalOf,
  approve,
  auditEventRecord,
  CLIENT,
  clientEnding,
  clientRecord,
  codeRecord,
  giveGrant,
  grantRecord,
  keyRecord,
  machineTokenOf,
  NOW,
  newGrantId,
  newTenant,
  organisationRecord,
  redemptionOf,
  refreshTokenRecord,
  rotationOf,
  secretRecord,
  startChain,
  trustedIssuerRecord,
  userRecord,
} from './records.ts'

const NO_TOKENS = { accessToken: null, refreshToken: null }

export const raceForCode: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  const { grant, code } = await approve(store, { tenant })
  const tokens = Array.from({ length: CALLERS }, () => ({
    accessToken: accessTokenRecord({ tenant, grantId: grant.id }),
    refreshToken: refreshTokenRecord({ tenant, grantId: grant.id }),
  }))
  const outcomes = await race(stores, (each, caller) =>
    each.redeemCode(redemptionOf(code, { tokens: tokens[caller] ?? NO_TOKENS })).catch(failed),
  )
  const stored = [
    await count(tokens, ({ accessToken }) => store.findAccessToken(tenant, accessToken.hash, NOW)),
    await count(tokens, ({ refreshToken }) => store.findRefreshToken(tenant, refreshToken.hash)),
  ]
  return [
    ...differences('redeemed', outcomes.filter((outcome) => outcome === 'redeemed').length, 1),
    ...differences('refused', tally(outcomes).already_redeemed, CALLERS - 1),
    ...differences('tokens stored', stored, [1, 1]),
  ]
}

async function raceToRotate(
  stores: Stores,
  retryWindowSeconds: number,
): Promise<{ outcomes: RotateOutcome[]; successors: number; ended: boolean }> {
  const [store] = stores
  const { token } = await startChain(store, { tenant: newTenant() })
  const rotations = Array.from({ length: CALLERS }, () => rotationOf(token, { retryWindowSeconds }))
  const outcomes = await race(stores, (each, caller) =>
    each.rotateRefreshToken(rotations[caller] ?? rotationOf(token)),
  )
  const successors = await count(rotations, ({ tenant, successor }) =>
    store.findRefreshToken(tenant, successor.hash),
  )
  const found = await store.findRefreshToken(token.tenant, token.hash)
  return { outcomes, successors, ended: found?.grant.revokedAtSeconds !== null }
}

export const raceToRefresh: Check = async (stores) => {
  const { outcomes, successors, ended } = await raceToRotate(stores, 30)
  const answers = outcomes.flatMap((each) => (each.outcome === 'retried' ? each.sealedAnswer : []))
  return [
    ...differences('outcomes', tally(outcomes.map((each) => each.outcome).toSorted()), {
      retried: CALLERS - 1,
      rotated: 1,
    }),
    ...differences('answers to retries', new Set(answers).size, 1),
    ...differences('successors', successors, 1),
    ...differences('grant ended', ended, false),
  ]
}

export const raceToRefreshWithoutRetries: Check = async (stores) => {
  const { outcomes, successors, ended } = await raceToRotate(stores, 0)
  return [
    ...differences('outcomes', tally(outcomes.map((each) => each.outcome).toSorted()), {
      reused: 1,
      revoked: CALLERS - 2,
      rotated: 1,
    }),
    ...differences('successors', successors, 1),
    ...differences('grant ended', ended, true),
  ]
}

export const raceToDecide: Check = async (stores) => {
  const tenant = newTenant()
  const interaction = { tenant, purpose: 'consent', id: newId(), expiresAtSeconds: NOW + 60 }
  const codes = Array.from({ length: CALLERS }, () => codeRecord({ tenant }))
  const outcomes = await race(stores, (each, caller) => {
    const code = codes[caller]
    if (code === undefined) throw new RangeError('a caller without a code')
    return each.approveAuthorization(approvalOf(code, { interaction }))
  })
  const stored = await count(codes, ({ hash }) => stores[0].findCode(tenant, hash))
  return [
    ...differences('outcomes', tally(outcomes.map(String).toSorted()), {
      already_decided: CALLERS - 1,
      approved: 1,
    }),
    ...differences('codes', stored, 1),
  ]
}

export const raceToClaim: Check = async (stores) => {
  const id = { tenant: newTenant(), purpose: 'jti', id: newId(), expiresAtSeconds: NOW + 60 }
  const firsts = await race(stores, (each) => each.claimOnce(id))
  return differences('first callers', firsts.filter(Boolean).length, 1)
}

export const raceToReportUses: Check = async (stores) => {
  const tenant = newTenant()
  await stores[0].createClient(clientRecord({ tenant }), null)
  const versions = ['1.7.0', '1.8.0']
  const day = '2030-03-17'
  const batch = { tenant, purpose: 'uses', id: newId(), expiresAtSeconds: NOW + 60 }
  const outcomes = await race(stores, (each, caller) => {
    // Whoever is first, the rows are met in either order.
    const order = caller % 2 === 0 ? versions : versions.toReversed()
    const uses = order.map((version) => ({ tenant, clientId: CLIENT, version, day, calls: 1 }))
    return each.recordVersionUses({ uses, batch: caller < CALLERS / 2 ? batch : null })
  })
  const found = await stores[1].listVersionUses({ tenant, clientId: null, fromDay: day })
  const counted = CALLERS / 2 + 1
  return [
    ...differences('counted', tally(outcomes).recorded, counted),
    ...differences(
      'calls',
      found.map(({ calls }) => calls),
      [counted, counted],
    ),
  ]
}

export const raceToCount: Check = async (stores) => {
  const tenant = newTenant()
  const names = ['implicit', 'password'] as const
  const day = '2030-03-17'
  await race(stores, (each, caller) => {
    const order = caller % 2 === 0 ? names : names.toReversed()
    const uses = order.map((allowance) => ({ tenant, clientId: CLIENT, allowance, day, uses: 2 }))
    return each.addAllowanceUses(uses)
  })
  const found = await stores[1].listAllowanceUses({ tenant, clientId: CLIENT, fromDay: day })
  return differences(
    'uses',
    found.map(({ uses }) => uses),
    [2 * CALLERS, 2 * CALLERS],
  )
}

const FREE_FAILURES = 5
const allowanceOf = (purpose: string) => ({
  ...{ purpose, slot: 'ada', failures: FREE_FAILURES },
  ...{ windowSeconds: 60, thenEverySeconds: 0 },
})

/** Of failures that arrive together as many are counted as are allowed, and the others know that they are too many. */
export const raceToFail: Check = async (stores) => {
  const tenant = newTenant()
  const allowance = allowanceOf('caller')
  const counted = await race(stores, (each) =>
    each.countFailure({ tenant, allowance, nowSeconds: NOW }),
  )
  const counts = counted.flatMap((each) => ('failures' in each ? each.failures : []))
  const spent = (await stores[1].listSpentAllowances(NOW, { limit: 1000 })).filter(
    (each) => each.tenant === tenant,
  )
  return [
    ...differences(
      'counts',
      counts.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5],
    ),
    ...differences('spent', spent.length, 1),
  ]
}

/** Of many processes one holds a lease, and when it has ended one of them takes it over. */
export const raceForLease: Check = async (stores) => {
  const task = newTenant()
  const take = async (nowSeconds: number) => {
    const taken = await race(stores, (each, caller) =>
      each.takeLease({ task, holder: `${caller}`, nowSeconds, endsAtSeconds: nowSeconds + 60 }),
    )
    return taken.flatMap((isMine, caller) => (isMine ? [caller] : []))
  }
  const [first = -1, ...others] = await take(NOW)
  return [
    ...differences('held besides', others, []),
    ...differences('a minute less a second later', await take(NOW + 59), [first]),
    ...differences('held when it has ended', (await take(NOW + 119)).length, 1),
  ]
}

/** Parallel tries cannot outrun the limit, whichever of their allowances it is, and whether they fail or not. */
export const raceToSignIn: Check = async (stores) => {
  const tenant = newTenant()
  const allowances = [{ ...allowanceOf('caller'), failures: CALLERS }, allowanceOf('strangers')]
  const reserve = (nowSeconds: number) =>
    race(stores, (each) => each.reserveTry({ tenant, allowances, nowSeconds }))
  const settle = (result: 'failed' | 'right') =>
    Promise.all(
      Array.from({ length: FREE_FAILURES }, () =>
        stores[0].settleTry({ tenant, allowances, result, nowSeconds: NOW, subject: null }),
      ),
    )
  const count = (tries: readonly { outcome: string }[]) =>
    tally(tries.map(({ outcome }) => outcome).toSorted())
  const first = count(await reserve(NOW))
  await settle('right')
  const second = count(await reserve(NOW))
  const failures = await settle('failed')
  return [
    ...differences('first', first, { busy: CALLERS - FREE_FAILURES, reserved: FREE_FAILURES }),
    ...differences('second', second, { busy: CALLERS - FREE_FAILURES, reserved: FREE_FAILURES }),
    ...differences('failures', new Set(failures.map(String)).size, FREE_FAILURES),
    ...differences('in the end', count(await reserve(NOW)), { spent: CALLERS }),
  ]
}

/** When an allowance is used up, one check in a while is one, however many ask for it. */
export const raceForTheTurn: Check = async (stores) => {
  const tenant = newTenant()
  const allowances = [{ ...allowanceOf('strangers'), failures: 1, thenEverySeconds: 10 }]
  const [store] = stores
  await store.settleTry({ tenant, allowances, result: 'failed', nowSeconds: NOW, subject: null })
  const tries = await race(stores, (each) =>
    each.reserveTry({ tenant, allowances, nowSeconds: NOW + 10 }),
  )
  const outcomes = tally(tries.map(({ outcome }) => outcome).toSorted())
  return differences('outcomes', outcomes, { reserved: 1, spent: CALLERS - 1 })
}

export const raceForFirstKeys: Check = async (stores) => {
  const tenant = newTenant()
  const outcomes = await race(stores, (each) =>
    each.createFirstKeys([
      keyRecord({ tenant, state: 'current' }),
      keyRecord({ tenant, state: 'next' }),
    ]),
  )
  const keys = await stores[0].listKeys(tenant, NOW)
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), { created: 1, exists: CALLERS - 1 }),
    ...differences(
      'keys',
      keys.map((key) => key.state),
      ['current', 'next'],
    ),
  ]
}

export const raceToRotateKeys: Check = async (stores) => {
  const tenant = newTenant()
  const current = keyRecord({ tenant, state: 'current' })
  await stores[0].createFirstKeys([current, keyRecord({ tenant, state: 'next' })])
  const outcomes = await race(stores, (each) =>
    each.rotateKeys({
      tenant,
      currentKid: current.kid,
      next: keyRecord({ tenant, state: 'next' }),
      nowSeconds: NOW,
      previousExpiresAtSeconds: NOW + 60,
    }),
  )
  const keys = await stores[0].listKeys(tenant, NOW)
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), { lost: CALLERS - 1, rotated: 1 }),
    ...differences(
      'keys',
      keys.map((key) => key.state),
      ['current', 'next', 'previous'],
    ),
  ]
}

const isEnd = (outcome: GrantEndingOutcome) => outcome === 'ended'

export const raceToRevoke: Check = async (stores) => {
  const tenant = newTenant()
  const grant = await giveGrant(stores[0], { tenant })
  const input = { tenant, nowSeconds: NOW }
  const ended = await race(stores, (each) => each.revokeGrant({ ...input, grantId: grant.id }))
  const unrecorded = grantRecord({ tenant }).id
  const published = await race(stores, (each) =>
    each.revokeGrant({ ...input, grantId: unrecorded }),
  )
  const feed = (
    await stores[0].readFeed({
      tenant,
      afterSequence: 0,
      nowSeconds: NOW,
      limit: CALLERS,
    })
  ).lines
  return [
    ...differences('ended a grant', ended.filter(isEnd).length, 1),
    ...differences('ended a grant without a record', published.filter(isEnd).length, 1),
    ...differences(
      'feed',
      feed.map((line) => line.subject),
      [grant.id, unrecorded],
    ),
  ]
}

/** Each of them another token of one app, which may end five: the others find the feed as it was. */
export const raceToEndMachineTokens: Check = async (stores) => {
  const tenant = newTenant()
  const input = { tenant, nowSeconds: NOW, machineToken: machineTokenOf('machine') }
  const event = auditEventRecord({ tenant })
  const outcomes = await race(stores, (each) =>
    each.revokeGrant({ ...input, grantId: newGrantId(), event }),
  )
  const page = { tenant, afterSequence: 0, nowSeconds: NOW, limit: CALLERS }
  const { lines } = await stores[0].readFeed(page)
  const events = await stores[0].listAuditEvents(tenant)
  return [
    ...differences('ended', outcomes.filter(isEnd).length, 5),
    ...differences('lines', lines.length, 5),
    ...differences('events', events.length, 5),
  ]
}

/** However many are asked for together, an app is given as many codes for one user as its allowance has. */
export const raceForLastCodes: Check = async (stores) => {
  const tenant = newTenant()
  const codes = Array.from({ length: CALLERS }, () => codeRecord({ tenant }))
  const outcomes = await race(stores, (each, caller) => {
    const code = codes[caller] ?? codeRecord({ tenant })
    return each.approveAuthorization(approvalOf(code, { allowance: allowanceOf('codes') }))
  })
  return [
    ...differences(
      'approved',
      outcomes.filter((each) => each === 'approved').length,
      FREE_FAILURES,
    ),
    ...differences('codes', await count(codes, ({ hash }) => stores[0].findCode(tenant, hash)), 5),
  ]
}

/** Each change names what it has read: all but one find that it is no longer so. */
export const raceToChangeClient: Check = async (stores) => {
  const [store] = stores
  const before = clientRecord({ tenant: newTenant() })
  await store.createClient(before, null)
  const names = await race(stores, async (each, caller) => {
    const name = `Changed by ${caller}`
    return (await each.updateClient(before, { ...before, name })) === 'updated' ? [name] : []
  })
  const found = await store.findClient(before.tenant, before.id)
  return [
    ...differences('changed it', names.flat().length, 1),
    ...differences('its name', [found?.client.name], names.flat()),
  ]
}

/** Whoever opens a grant while its key is suspended finds it suspended, or is among those whose grants are ended. */
export const raceToOpenBeforeSuspension: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  const key = applicationKeyRecord({ tenant })
  await store.createOrganisation(organisationRecord({ tenant }), [])
  await store.createApplicationKey(key)
  const grants = Array.from({ length: CALLERS }, () =>
    grantRecord({ tenant, clientId: key.id, userId: null }),
  )
  const guard = { kind: 'key', keyId: key.id, accessIdentifierId: null } as const
  const tokens = { accessToken: null, refreshToken: null }
  const open = (each: Store, grant: GrantRecord) =>
    each.openGrant({ grant, tokens, endsAtSeconds: NOW + 60, guard })
  const opened: string[] = []
  await race(stores, async (each, caller) => {
    const grant = grants[caller]
    if (caller === CALLERS / 2 || grant === undefined) {
      await each.suspendApplicationKey(
        clientEnding({ tenant, id: key.id, nowSeconds: NOW, tokensName: 'grant' }),
      )
    } else if ((await open(each, grant)) === 'opened') opened.push(grant.id)
  })
  const late = await open(store, grantRecord({ tenant, clientId: key.id, userId: null }))
  const found = await Promise.all(
    opened.map((id) => insist(() => store.findGrant(tenant, asGrantId(id)))),
  )
  const feed = (
    await store.readFeed({
      ...{ tenant, afterSequence: 0, nowSeconds: NOW },
      limit: CALLERS + 1,
    })
  ).lines
  return [
    ...differences('afterwards', late, 'key_ended'),
    ...differences('still live', found.filter((grant) => !grant?.revokedAtSeconds).length, 0),
    ...differences(
      'published',
      feed.flatMap((line) => (line.kind === 'grant' ? line.subject : [])).toSorted(),
      opened.toSorted(),
    ),
  ]
}

export const raceToUseJwt: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  const issuer = trustedIssuerRecord({ tenant })
  const identity = accessIdentifierRecord({
    ...{ tenant, kind: 'identity', trustedIssuerId: issuer.id },
  })
  await store.createUser(userRecord({ tenant }), [])
  await store.createTrustedIssuer(issuer)
  await store.createAccessIdentifier(identity)
  const guard = {
    kind: 'identity',
    trustedIssuerId: issuer.id,
    accessIdentifierId: identity.id,
    once: { tenant, purpose: 'jwt', id: newId(), expiresAtSeconds: NOW + 60, madeAtSeconds: NOW },
  } as const
  const grants = Array.from({ length: CALLERS }, () => grantRecord({ tenant, clientId: issuer.id }))
  const outcomes = await race(stores, (each, caller) => {
    const grant = grants[caller]
    if (grant === undefined) throw new RangeError('a caller without a grant')
    const tokens = { accessToken: null, refreshToken: null }
    return each.openGrant({ grant, tokens, endsAtSeconds: NOW + 60, guard })
  })
  const stored = await count(grants, ({ id }) => store.findGrant(tenant, id))
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), {
      already_used: CALLERS - 1,
      opened: 1,
    }),
    ...differences('grants', stored, 1),
  ]
}

export const raceToAddSecrets: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  await store.createClient(clientRecord({ tenant }), secretRecord({ tenant }))
  const outcomes = await race(stores, (each) => each.addClientSecret(secretRecord({ tenant })))
  const found = await store.findClient(tenant, CLIENT)
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), { added: 4, full: CALLERS - 4 }),
    ...differences('secrets', found?.secrets.length, 5),
  ]
}

export const raceToAddOneSecret: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  const secret = secretRecord({ tenant })
  await store.createClient(clientRecord({ tenant }), null)
  const outcomes = await race(stores, (each) =>
    each.addClientSecret({ ...secret, id: newId() }).catch(failed),
  )
  const found = await store.findClient(tenant, CLIENT)
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), { added: 1, held: CALLERS - 1 }),
    ...differences('secrets', found?.secrets.length, 1),
  ]
}
