// The store of the port, method by method: what plan it is and what carries it out.

import type { Store } from '../port.ts'
import { StoreUnavailableError } from '../port.ts'
import { findAccessToken, saveAccessToken } from './access-tokens.ts'
import { listAuditEvents, recordAuditEvent } from './audit-events.ts'
import { CLEAN_UPS } from './clean-up.ts'
import {
  addClientSecret,
  createClient,
  disableClient,
  findClient,
  listClients,
  recordSecretUse,
  revokeClientSecret,
} from './clients.ts'
import {
  approveAuthorization,
  findCode,
  findConsent,
  listUserGrants,
  redeemCode,
} from './grants.ts'
import { createFirstKeys, listKeys, rotateKeys } from './keys.ts'
import { MIGRATION_NAMES } from './migrations/index.ts'
import { claimOnce } from './one-time-ids.ts'
import { createOrganisation, listOrganisations } from './organisations.ts'
import { type Driver, type Plan, run } from './plan.ts'
import { findRefreshToken, renewRefreshToken, rotateRefreshToken } from './refresh-tokens.ts'
import { isRevoked, listRevocations, revokeGrant, revokeUserGrants } from './revocations.ts'
import {
  createSession,
  endSession,
  endSessionById,
  findSession,
  listSessions,
  touchSession,
} from './sessions.ts'
import { clearSignInAttempts, startSignInAttempt } from './sign-in-attempts.ts'
import { statement } from './statement.ts'
import {
  changePassword,
  createUser,
  disableUser,
  findUser,
  findUserByUsername,
  listMemberships,
  listUsers,
  updatePasswordHash,
} from './users.ts'

export function createStore(driver: Driver): Store {
  const { read, write, transact } = methodsOf(driver)
  return {
    findClient: read(findClient),
    listClients: read(listClients),
    createClient: transact(createClient),
    addClientSecret: write(addClientSecret),
    revokeClientSecret: write(revokeClientSecret),
    recordSecretUse: write(recordSecretUse),
    disableClient: transact(disableClient),

    findConsent: read(findConsent),
    approveAuthorization: transact(approveAuthorization),
    claimOnce: write(claimOnce),
    findCode: read(findCode),
    redeemCode: transact(redeemCode),
    findRefreshToken: read(findRefreshToken),
    rotateRefreshToken: transact(rotateRefreshToken),
    renewRefreshToken: transact(renewRefreshToken),
    saveAccessToken: write(saveAccessToken),
    findAccessToken: read(findAccessToken),
    revokeGrant: transact(revokeGrant),
    revokeUserGrants: transact(revokeUserGrants),
    isRevoked: read(isRevoked),
    listRevocations: read(listRevocations),
    listUserGrants: read(listUserGrants),

    createOrganisation: transact(createOrganisation),
    listOrganisations: read(listOrganisations),
    createUser: transact(createUser),
    findUser: read(findUser),
    findUserByUsername: read(findUserByUsername),
    listUsers: read(listUsers),
    listMemberships: read(listMemberships),
    updatePasswordHash: write(updatePasswordHash),
    changePassword: transact(changePassword),
    disableUser: transact(disableUser),
    startSignInAttempt: transact(startSignInAttempt),
    clearSignInAttempts: write(clearSignInAttempts),
    createSession: write(createSession),
    findSession: read(findSession),
    touchSession: write(touchSession),
    listSessions: read(listSessions),
    endSession: write(endSession),
    endSessionById: write(endSessionById),

    listKeys: read(listKeys),
    createFirstKeys: transact(createFirstKeys),
    rotateKeys: transact(rotateKeys),

    recordAuditEvent: write(recordAuditEvent),
    listAuditEvents: read(listAuditEvents),
    deleteExpired: (nowSeconds, limit) => deleteExpired(driver, { nowSeconds, limit }),
    check: () => checkSchema(driver),
    close: () => driver.close(),
  }
}

type PlanOf<Args extends unknown[], Result> = (...args: Args) => Plan<Result>

/** Binds plans to the driver: a function that makes a plan becomes one that promises its result. */
function methodsOf(driver: Driver) {
  const methods =
    (carryOut: 'read' | 'write' | 'transact') =>
    <Args extends unknown[], Result>(plan: PlanOf<Args, Result>) =>
    (...args: Args): Promise<Result> =>
      driver[carryOut](() => plan(...args))
  return { read: methods('read'), write: methods('write'), transact: methods('transact') }
}

/** Every batch is a transaction of its own, so that nobody waits long for its locks. */
async function deleteExpired(
  driver: Driver,
  input: { nowSeconds: number; limit: number },
): Promise<number> {
  let gone = 0
  for (const cleanUp of CLEAN_UPS) gone += (await driver.write(() => run(cleanUp, input))).length
  return gone
}

const selectMigrations = statement((db, _input: object) =>
  db.selectFrom('kyselyMigration').select('name'),
)

async function checkSchema(driver: Driver): Promise<void> {
  const outdated = 'the database schema is not the one of this version: run `ostiary migrate`'
  try {
    const rows = await driver.read(() => run(selectMigrations, {}))
    const applied = new Set(rows.map((row) => row.name))
    if (MIGRATION_NAMES.every((name) => applied.has(name))) return
  } catch (cause) {
    if (cause instanceof StoreUnavailableError) throw cause
    // Before the first migration there is no table to read.
    throw new StoreUnavailableError(outdated, { cause })
  }
  throw new StoreUnavailableError(outdated)
}
