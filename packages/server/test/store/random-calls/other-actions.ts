// Random calls about apps, people, keys, and what the store does for itself.

import { ALLOWANCE_NAMES } from '../../../src/protocol/allowance.ts'
import { dayOf } from '../../../src/protocol/day.ts'
import { asClientId, asUserId } from '../../../src/protocol/ids.ts'
import type { Allowance } from '../../../src/store/port/guessing.ts'
import { latestEvents } from '../../support/latest-events.ts'
import {
  auditEventRecord,
  clientRecord,
  DAY,
  HOUR,
  hashOf,
  keyRecord,
  organisationRecord,
  PASSWORD_HASH,
  secretRecord,
  sessionRecord,
  userRecord,
} from '../records.ts'
import { type Action, CLIENTS, eventIn, holderEndingIn, listInParts, pick, USERS } from './world.ts'

const USERNAMES = ['ada', 'bo']
const PURPOSES = ['one', 'another']
/** More than there can ever be. */
const ALL = 100_000

/** One of a few, so that apps have it already, or had it. */
const addSecret: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const clientId = pick(CLIENTS, what)
  const hash = hashOf(`secret ${who} ${how}`)
  const expiresAtSeconds = how % 3 === 0 ? nowSeconds + HOUR : null
  const given = { tenant, clientId, hash, expiresAtSeconds, createdAtSeconds: nowSeconds }
  const secret = secretRecord(given)
  return async (store) => [
    await store.isSecretRevoked(secret),
    await store.addClientSecret(secret, eventIn(world)),
  ]
}

const revokeSecret: Action = (world, { who, what }) => {
  const { tenant } = world
  const clientId = pick(CLIENTS, what)
  return async (store) => {
    const { secrets = [] } = (await store.findClient(tenant, clientId)) ?? {}
    const { id } = secrets.at(who % (secrets.length || 1)) ?? { id: 'nowhere' }
    return store.revokeClientSecret({ tenant, clientId, id }, eventIn(world))
  }
}

const disableClient: Action = (world, numbers) => {
  const id = pick(CLIENTS, numbers.what)
  const input = { ...holderEndingIn(world, id, numbers), id }
  return (store) => store.disableClient(input, eventIn(world))
}

const updateClient: Action = (world, { who, what, how }) => {
  const { tenant } = world
  const id = pick(CLIENTS, what)
  return async (store) => {
    const before = (await store.findClient(tenant, id))?.client ?? clientRecord({ tenant, id })
    const outdated = { ...before, name: `Name ${how}` }
    const after = { ...before, name: `Name ${who}`, scopes: [`scope.${who}`], createdAtSeconds: 1 }
    return store.updateClient(how % 3 === 0 ? outdated : before, after, eventIn(world))
  }
}

const deleteClient: Action = (world, numbers) => {
  const { tenant, nowSeconds } = world
  const { what, how } = numbers
  const id = pick(CLIENTS, what)
  const input = { ...holderEndingIn(world, id, numbers), id }
  const { newTag: tag } = input
  const again = clientRecord({ tenant, id, tag, createdAtSeconds: nowSeconds + how * 600 })
  return async (store) => [
    await store.deleteClient(input, eventIn(world)),
    await store.createClient(again, null, eventIn(world)),
  ]
}

const createAgain: Action = (world, { who }) => {
  const { tenant } = world
  const username = pick(USERNAMES, who)
  const secret = secretRecord({ tenant })
  return async (store) => [
    await store.createClient(clientRecord({ tenant, name: 'Another' }), secret),
    await store.createUser(
      ...([userRecord({ tenant, name: 'Another', username }), [], eventIn(world)] as const),
    ),
    await store.createOrganisation(
      ...([organisationRecord({ tenant, name: 'Another' }), [], eventIn(world)] as const),
    ),
  ]
}

/** Some that are new, and sometimes one that is not, or one twice. */
const importMany: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const [first, second] = [`import-${who}-${nowSeconds}`, pick([`ada-${what}`, 'bo', 'cy'], how)]
  const clients = [first, second].map((id) => ({
    client: clientRecord({ tenant, id: asClientId(id) }),
    secrets: [secretRecord({ tenant, id: `secret-${id}`, clientId: asClientId(id) })],
  }))
  const users = [first, second, pick([first, 'di'], what)].map((username, index) => ({
    user: userRecord({ tenant, id: asUserId(`${username}-${index}`), username }),
    memberships: [],
  }))
  return async (store) => [
    await store.importClients(clients, [eventIn(world)]),
    await store.importUsers(users, [eventIn(world)]),
  ]
}

const changePassword: Action = (world, numbers) => {
  const userId = pick(USERS, numbers.who)
  const passwordHash = `hash ${numbers.how}`
  const input = { ...holderEndingIn(world, userId, numbers), userId, passwordHash }
  return (store) => store.changePassword(input, eventIn(world))
}

const rehash: Action = ({ tenant }, { who, how }) => {
  const userId = pick(USERS, who)
  const hashes = { before: `hash ${how}`, after: `hash ${how % 3}` }
  return (store) => store.updatePasswordHash({ tenant, userId, ...hashes })
}

const disableUser: Action = (world, numbers) => {
  const userId = pick(USERS, numbers.who)
  const input = { ...holderEndingIn(world, userId, numbers), userId }
  return (store) => store.disableUser(input, eventIn(world))
}

/** Now and then a check is settled without a place, or a place never: processes die. */
const tryToSignIn: Action = (world, { who, what, how }) => {
  const { tenant, nowSeconds } = world
  const allowances = [
    allowance('caller', {
      ...{ slot: `${who % 3}`, failures: 2 + (what % 2), thenEverySeconds: 0 },
      endsWithSuccess: who % 2 === 0,
    }),
    allowance('strangers', {
      ...{ slot: 'all', failures: 3, thenEverySeconds: 10 },
      thenEverySecondsAfterFailures: 20,
    }),
  ].slice(what % 3 === 0 ? 1 : 0)
  const subject = how % 2 === 0 ? pick(USERS, who) : null
  return async (store) => {
    const reserved = await store.reserveTry({ tenant, allowances, nowSeconds })
    if (how % 4 === 3 || (reserved.outcome !== 'reserved' && how !== 0)) return reserved
    const result = RESULTS[what % 3] ?? 'failed'
    const settled = await store.settleTry({
      ...{ tenant, allowances, result, nowSeconds, subject },
      event: how % 2 === 0 ? undefined : { slot: `${what}`, record: eventIn(world) },
    })
    return [reserved, settled]
  }
}

const RESULTS = ['failed', 'right', 'not_made'] as const

const liftFailures: Action = ({ tenant }, { who }) => {
  return (store) => store.liftFailures(tenant, [pick(USERS, who), 'nobody'])
}

const knowCaller: Action = ({ tenant, nowSeconds }, { who, what, how }) => {
  const key = {
    tenant,
    account: pick(USERS, who),
    slot: `${what % 2}`,
    caller: `caller ${how % 3}`,
  }
  return async (store) => {
    const before = await store.findKnownCaller(key, nowSeconds)
    if (how % 2 === 0) {
      const expiresAtSeconds = nowSeconds + 30 * how
      await store.rememberCaller({ ...key, lastAtSeconds: nowSeconds, expiresAtSeconds })
    }
    return before
  }
}

function allowance(
  purpose: string,
  changes: Omit<Allowance, 'purpose' | 'windowSeconds'>,
): Allowance {
  return { purpose, windowSeconds: 600, ...changes }
}

const signIn: Action = (world, { who, how }) => {
  const { tenant, nowSeconds } = world
  const session = sessionRecord({
    tenant,
    userId: pick(USERS, who),
    lastSeenAtSeconds: nowSeconds,
    expiresAtSeconds: nowSeconds + 8 * HOUR,
    endsAtSeconds: nowSeconds + 30 * DAY,
  })
  world.sessions.push(session)
  return async (store) => {
    // Now and then, with a password that may have been changed.
    const user = how === 0 ? null : await store.findUser(tenant, session.userId)
    return store.createSession(session, user?.passwordHash ?? PASSWORD_HASH)
  }
}

const touchSession: Action = (world, { what }) => {
  const { tenant, nowSeconds } = world
  const { hash } = pick(world.sessions, what)
  const expiresAtSeconds = nowSeconds + 8 * HOUR
  return (store) => store.touchSession({ tenant, hash, nowSeconds, expiresAtSeconds })
}

const endSession: Action = (world, { who, what, how }) => {
  const { tenant, hash, id } = { ...pick(world.sessions, what), tenant: world.tenant }
  const userId = pick(USERS, who)
  return (store) =>
    how % 2 === 0
      ? store.endSession(tenant, hash)
      : store.endSessionById({ tenant, userId, id }, eventIn(world))
}

/** Of all APIs together, and of single ones. */
const KEY_SETS = [
  { resourceServer: '', algorithm: 'ES256' },
  { resourceServer: '', algorithm: 'RS256' },
  { resourceServer: 'https://a.example', algorithm: 'HS256' },
] as const

const createFirstKeys: Action = (world, { what }) => {
  const { tenant, nowSeconds: createdAtSeconds } = world
  const set = pick(KEY_SETS, what)
  const current = keyRecord({ tenant, ...set, createdAtSeconds })
  const next = keyRecord({ tenant, ...set, state: 'next', createdAtSeconds })
  world.keys.push(current, next)
  return (store) => store.createFirstKeys([current, next])
}

const rotateKeys: Action = (world, { what }) => {
  const { tenant, nowSeconds } = world
  const { kid: currentKid, resourceServer, algorithm } = pick(world.keys, what)
  const created = { resourceServer, algorithm, createdAtSeconds: nowSeconds }
  const next = keyRecord({ tenant, state: 'next', ...created })
  world.keys.push(next)
  const previousExpiresAtSeconds = nowSeconds + DAY
  const input = { tenant, currentKid, next, nowSeconds, previousExpiresAtSeconds }
  return (store) => store.rotateKeys(input, eventIn(world))
}

const recordAuditEvent: Action = ({ tenant, nowSeconds }, { how }) => {
  const event = auditEventRecord({ tenant, atSeconds: nowSeconds, action: `test.${how}` })
  return (store) => store.recordAuditEvent(event)
}

/** Of apps that there are and that there are not; sometimes a batch that came before. */
const reportUses: Action = ({ tenant, nowSeconds }, { who, what, how }) => {
  const day = dayOf(nowSeconds)
  const clientIds = [...CLIENTS, asClientId('nobody')]
  const uses = [who, what].map((number) => ({
    tenant,
    clientId: pick(clientIds, number),
    version: `1.${how % 2}`,
    day,
    calls: number + 1,
  }))
  const id = { tenant, purpose: 'uses', id: `${who}`, expiresAtSeconds: nowSeconds + HOUR }
  return (store) => store.recordVersionUses({ uses, batch: how % 3 === 0 ? null : id })
}

const countUses: Action = ({ tenant, nowSeconds }, { who, what, how }) => {
  const day = dayOf(nowSeconds)
  const uses = [who, what].map((number) => ({
    ...{ tenant, clientId: pick(CLIENTS, number), day, uses: how + 1 },
    allowance: pick(ALLOWANCE_NAMES, number),
  }))
  return (store) => store.addAllowanceUses(uses)
}

const useClient: Action = ({ tenant, nowSeconds }, { what }) => {
  return (store) => store.recordClientUse(tenant, pick(CLIENTS, what), nowSeconds)
}

const failGuess: Action = ({ tenant, nowSeconds }, { who, what, how }) => {
  const slot = `${who % 3}`
  const windowSeconds = 1 + 10 * how
  const failures = 1 + (what % 3)
  const counted = { purpose: pick(PURPOSES, what), slot, failures, windowSeconds }
  return (store) =>
    store.countFailure({ tenant, nowSeconds, allowance: { ...counted, thenEverySeconds: 0 } })
}

const takeLease: Action = ({ nowSeconds }, { who, what, how }) => {
  const [task, holder] = [pick(PURPOSES, what), `process ${who % 2}`]
  const lease = { task, holder, nowSeconds, endsAtSeconds: nowSeconds + 10 * how }
  return (store) => (how === 0 ? store.endLease(task, holder) : store.takeLease(lease))
}

const follow: Action = ({ tenant, nowSeconds }, { who, what, how }) => {
  const follower = `api ${who % 3}`
  const sequence = what % 5
  const expiresAtSeconds = nowSeconds + 10 * how
  return async (store) => {
    await store.recordFollowers([{ tenant, follower, sequence, expiresAtSeconds }], nowSeconds)
    const line = { tenant, sequence: 3, nowSeconds }
    const behind = await store.findFollowersBehind(line)
    return [behind, how % 3 === 0 ? await store.judgeFollowers(line) : undefined]
  }
}

const deleteExpired: Action = ({ nowSeconds }) => {
  return (store) => store.deleteExpired(nowSeconds, ALL)
}

const ADDRESSES = ['one@example.com', 'two@example.com']

const changeEmail: Action = (world, { who, what, how }) => {
  const { tenant } = world
  const email = pick([...ADDRESSES.map((address) => address.toUpperCase()), null], how)
  const input = { tenant, userId: pick(USERS, who), email, emailVerified: what % 2 === 0 }
  return (store) => store.changeEmail(input, eventIn(world))
}

const lookAround: Action = (world, { who, what }) => {
  const { tenant, nowSeconds } = world
  const userId = pick(USERS, who)
  return async (store) => [
    await store.findClient(tenant, pick(CLIENTS, what)),
    await store.listClients(tenant),
    await store.listClients(tenant, {
      limit: 1,
      after: { createdAtSeconds: nowSeconds - 60, id: '' },
    }),
    await store.findOrganisation(tenant, pick(['organisation-1', 'nowhere'], what)),
    await store.listClientsOfOrganisation(tenant, 'organisation-1'),
    await store.listOrganisations(tenant),
    await store.findUser(tenant, userId),
    await store.findUserByUsername(tenant, pick(USERNAMES, what)),
    await store.findUserForSignIn(tenant, pick([...USERNAMES, ...ADDRESSES], what)),
    await store.listUsers(tenant),
    await store.listMemberships(tenant, userId),
    await store.findSession(tenant, pick(world.sessions, what).hash, nowSeconds),
    await listInParts(1 + what, (page) => store.listSessions({ tenant, userId, nowSeconds }, page)),
    await store.listKeys(tenant, nowSeconds),
    await listInParts(1 + what, (page) =>
      store.listVersionUses({ tenant, clientId: null, fromDay: '2000-01-01' }, page),
    ),
    await store.listVersionUses({ tenant, clientId: pick(CLIENTS, what), fromDay: '2030-04-01' }),
    await store.listAllowanceUses({
      ...{ tenant, clientId: pick(CLIENTS, what) },
      fromDay: pick(['2000-01-01', dayOf(nowSeconds)], who),
    }),
    await store.listVouchedNames(tenant),
    await latestEvents(store, tenant, 5),
    await listInParts(2, (page) => store.listSpentAllowances(nowSeconds, page)),
    await listInParts(2, (page) => store.listLockedSubjects(tenant, nowSeconds, page)),
  ]
}

export const OTHER_ACTIONS = {
  addSecret,
  revokeSecret,
  updateClient,
  disableClient,
  deleteClient,
  createAgain,
  importMany,
  changePassword,
  rehash,
  disableUser,
  tryToSignIn,
  liftFailures,
  knowCaller,
  signIn,
  touchSession,
  endSession,
  createFirstKeys,
  changeEmail,
  rotateKeys,
  recordAuditEvent,
  reportUses,
  countUses,
  useClient,
  failGuess,
  takeLease,
  follow,
  deleteExpired,
  lookAround,
}
