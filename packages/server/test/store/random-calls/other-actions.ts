// Random calls about apps, people, keys, and what the store does for itself.

import {
  auditEventRecord,
  clientRecord,
  DAY,
  HOUR,
  hashOf,
  keyRecord,
  organisationRecord,
  secretRecord,
  sessionRecord,
  userRecord,
} from '../records.ts'
import { type Action, CLIENTS, endingIn, pick, USERS } from './world.ts'

const USERNAMES = ['ada', 'bo']
/** More than there can ever be. */
const ALL = 100_000

const addSecret: Action = ({ tenant, nowSeconds }, { what }) => {
  const clientId = pick(CLIENTS, what)
  const secret = secretRecord({ tenant, clientId, createdAtSeconds: nowSeconds })
  return (store) => store.addClientSecret(secret)
}

const disableClient: Action = (world, { what }) => {
  const input = { ...endingIn(world), id: pick(CLIENTS, what) }
  return (store) => store.disableClient(input)
}

const createAgain: Action = ({ tenant }, { who }) => {
  const username = pick(USERNAMES, who)
  return async (store) => [
    await store.createClient(clientRecord({ tenant, name: 'Another' }), secretRecord({ tenant })),
    await store.createUser(userRecord({ tenant, name: 'Another', username }), []),
    await store.createOrganisation(organisationRecord({ tenant, name: 'Another' }), []),
  ]
}

const changePassword: Action = (world, { who, how }) => {
  const input = { ...endingIn(world), userId: pick(USERS, who), passwordHash: `hash ${how}` }
  return (store) => store.changePassword(input)
}

const rehash: Action = ({ tenant }, { who, how }) => {
  const userId = pick(USERS, who)
  return (store) => store.updatePasswordHash(tenant, userId, `hash ${how}`)
}

const disableUser: Action = (world, { who }) => {
  const input = { ...endingIn(world), userId: pick(USERS, who) }
  return (store) => store.disableUser(input)
}

const tryToSignIn: Action = ({ tenant, nowSeconds }, { who, how }) => {
  const usernameHash = hashOf(pick(USERNAMES, who))
  const lockSeconds = (attempts: number) => (attempts >= 2 ? attempts * how : 0)
  return (store) => store.startSignInAttempt({ tenant, usernameHash, nowSeconds, lockSeconds })
}

const signIn: Action = (world, { who }) => {
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
    await store.clearSignInAttempts(tenant, hashOf(pick(USERNAMES, who)))
    await store.createSession(session)
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
    how % 2 === 0 ? store.endSession(tenant, hash) : store.endSessionById(tenant, userId, id)
}

const createFirstKeys: Action = (world) => {
  const { tenant, nowSeconds: createdAtSeconds } = world
  const current = keyRecord({ tenant, createdAtSeconds })
  const next = keyRecord({ tenant, state: 'next', createdAtSeconds })
  world.keys.push(current, next)
  return (store) => store.createFirstKeys([current, next])
}

const rotateKeys: Action = (world, { what }) => {
  const { tenant, nowSeconds } = world
  const { kid: currentKid } = pick(world.keys, what)
  const next = keyRecord({ tenant, state: 'next', createdAtSeconds: nowSeconds })
  world.keys.push(next)
  const previousExpiresAtSeconds = nowSeconds + DAY
  const input = { tenant, currentKid, next, nowSeconds, previousExpiresAtSeconds }
  return (store) => store.rotateKeys(input)
}

const recordAuditEvent: Action = ({ tenant, nowSeconds }, { how }) => {
  const event = auditEventRecord({ tenant, atSeconds: nowSeconds, action: `test.${how}` })
  return (store) => store.recordAuditEvent(event)
}

const deleteExpired: Action = ({ nowSeconds }) => {
  return (store) => store.deleteExpired(nowSeconds, ALL)
}

const lookAround: Action = (world, { who, what }) => {
  const { tenant, nowSeconds } = world
  const userId = pick(USERS, who)
  return async (store) => [
    await store.findClient(tenant, pick(CLIENTS, what)),
    await store.listClients(tenant),
    await store.listOrganisations(tenant),
    await store.findUser(tenant, userId),
    await store.findUserByUsername(tenant, pick(USERNAMES, what)),
    await store.listUsers(tenant),
    await store.listMemberships(tenant, userId),
    await store.findSession(tenant, pick(world.sessions, what).hash, nowSeconds),
    await store.listSessions(tenant, userId, nowSeconds),
    await store.listKeys(tenant, nowSeconds),
    await store.listAuditEvents(tenant, 5),
  ]
}

export const OTHER_ACTIONS = {
  addSecret,
  disableClient,
  createAgain,
  changePassword,
  rehash,
  disableUser,
  tryToSignIn,
  signIn,
  touchSession,
  endSession,
  createFirstKeys,
  rotateKeys,
  recordAuditEvent,
  deleteExpired,
  lookAround,
}
