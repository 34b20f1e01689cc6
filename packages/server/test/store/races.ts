// One-time transitions under many callers at once. Each check returns what went wrong, so that the contract can
// expect nothing, and the broken stores something.

import { newId } from '../../src/platform/random.ts'
import { type RotateOutcome, type Store, StoreUnavailableError } from '../../src/store/port.ts'
import {
  accessTokenRecord,
  approve,
  codeRecord,
  grantRecord,
  hashOf,
  keyRecord,
  NOW,
  newTenant,
  refreshTokenRecord,
  rotationOf,
  startChain,
} from './records.ts'

/** Stores over one database; callers are spread over them as over processes. */
export type Stores = readonly [Store, Store]

type Check = (stores: Stores) => Promise<string[]>

const CALLERS = 100

function race<Result>(
  stores: Stores,
  act: (store: Store, caller: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(
    Array.from({ length: CALLERS }, (_, caller) =>
      insist(() => act(stores[caller % 2 === 0 ? 0 : 1], caller)),
    ),
  )
}

/** A busy machine may make callers wait too long for a connection; they are told, and come back. */
async function insist<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || tries === 5) throw error
    }
  }
}

/** Of how many items something is found. */
async function count<Item>(
  items: readonly Item[],
  find: (item: Item) => Promise<unknown>,
): Promise<number> {
  const found = await Promise.all(items.map((item) => insist(() => find(item))))
  return found.filter((each) => each !== null).length
}

function tally(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Map.groupBy(outcomes, (outcome) => outcome)
      .entries()
      .map(([outcome, all]) => [outcome, all.length]),
  )
}

function differences(what: string, found: unknown, wanted: unknown): string[] {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
  return a === b ? [] : [`${what}: ${a} instead of ${b}`]
}

export const raceForCode: Check = async (stores) => {
  const [store] = stores
  const tenant = newTenant()
  const { grant, code } = await approve(store, { tenant })
  const tokens = Array.from({ length: CALLERS }, () => ({
    accessToken: accessTokenRecord({ tenant, grantId: grant.id }),
    refreshToken: refreshTokenRecord({ tenant, grantId: grant.id }),
  }))
  const outcomes = await race(stores, (each, caller) =>
    each.redeemCode({
      tenant,
      hash: code.hash,
      clientId: code.clientId,
      nowSeconds: NOW,
      tokens: tokens[caller] ?? { accessToken: null, refreshToken: null },
    }),
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
  const answers = Array.from({ length: CALLERS }, () => {
    const grant = grantRecord({ tenant })
    const code = codeRecord({ tenant, grantId: grant.id })
    return { grant, code, consent: null, interaction, session: null }
  })
  const outcomes = await race(stores, (each, caller) => {
    const answer = answers[caller]
    if (answer === undefined) throw new RangeError('a caller without an answer')
    return each.approveAuthorization(answer)
  })
  const codes = await count(answers, ({ code }) => stores[0].findCode(tenant, code.hash))
  return [
    ...differences('outcomes', tally(outcomes.toSorted()), {
      already_decided: CALLERS - 1,
      approved: 1,
    }),
    ...differences('codes', codes, 1),
  ]
}

export const raceToClaim: Check = async (stores) => {
  const id = { tenant: newTenant(), purpose: 'jti', id: newId(), expiresAtSeconds: NOW + 60 }
  const firsts = await race(stores, (each) => each.claimOnce(id))
  return differences('first callers', firsts.filter(Boolean).length, 1)
}

const ALLOWED_TRIES = 5

/** Parallel tries cannot outrun the limit. */
export const raceToSignIn: Check = async (stores) => {
  const tenant = newTenant()
  const tries = await race(stores, (each) =>
    each.startSignInAttempt({
      tenant,
      usernameHash: hashOf('ada'),
      nowSeconds: NOW,
      lockSeconds: (attempts) => (attempts >= ALLOWED_TRIES ? 60 : 0),
    }),
  )
  const counts = tries.flatMap((each) => (each.allowed ? each.attempts : []))
  const locks = tries.flatMap((each) => (each.allowed ? [] : each.lockedUntilSeconds))
  return [
    ...differences(
      'counts',
      counts.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5],
    ),
    ...differences('locks', [...new Set(locks)], [NOW + 60]),
  ]
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

export const raceToRevoke: Check = async (stores) => {
  const tenant = newTenant()
  const { grant } = await approve(stores[0], { tenant })
  const input = { tenant, nowSeconds: NOW, revocationExpiresAtSeconds: NOW + 60 }
  const ended = await race(stores, (each) => each.revokeGrant({ ...input, grantId: grant.id }))
  const unrecorded = grantRecord({ tenant }).id
  const published = await race(stores, (each) =>
    each.revokeGrant({ ...input, grantId: unrecorded }),
  )
  const feed = await stores[0].listRevocations({
    tenant,
    afterSequence: 0,
    nowSeconds: NOW,
    limit: CALLERS,
  })
  return [
    ...differences('ended a grant', ended.filter(Boolean).length, 1),
    ...differences('ended a grant without a record', published.filter(Boolean).length, 1),
    ...differences(
      'feed',
      feed.map((line) => line.subject),
      [grant.id, unrecorded],
    ),
  ]
}
