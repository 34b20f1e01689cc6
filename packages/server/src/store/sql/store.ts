// The store of the port, method by method: what plan it is and what carries it out.

import type {
  ApplicationKeyStore,
  ClientStore,
  GrantStore,
  GuessStore,
  IdentityStore,
  KeyStore,
  Store,
  StoreObserver,
} from '../port.ts'
import { StoreUnavailableError } from '../port.ts'
import {
  createAccessIdentifier,
  deleteAccessIdentifier,
  findAccessIdentifier,
  listAccessIdentifiers,
  recordAccessIdentifierUse,
} from './access-identifiers.ts'
import { findAccessToken, saveAccessToken } from './access-tokens.ts'
import { addAllowanceUses, listAllowanceUses } from './allowance-uses.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  findApplicationKey,
  listApplicationKeys,
  recordApplicationKeyUse,
  resumeApplicationKey,
  suspendApplicationKey,
} from './application-keys.ts'
import { audited, listAuditEvents, recordAuditEvent } from './audit-events.ts'
import { type Batch, batchOf, CLEAN_UPS } from './clean-up.ts'
import {
  addClientSecret,
  clientsSequence,
  createClient,
  deleteClient,
  disableClient,
  findClient,
  isSecretRevoked,
  listClients,
  listClientsOfOrganisation,
  listVouchedNames,
  recordClientUse,
  recordSecretUse,
  revokeClientSecret,
  updateClient,
} from './clients.ts'
import { findCode, redeemCode } from './codes.ts'
import { findConnection, listConnections } from './connections.ts'
import { continueEndings, hasUnfinishedEndings } from './endings.ts'
import { createExchange, type Exchange } from './exchange.ts'
import { readFeed, readFeedState } from './feed.ts'
import { findFollowersBehind, judgeFollowers, recordFollowers } from './followers.ts'
import { approveAuthorization, findConsent, findGrant, listUserGrants } from './grants.ts'
import {
  countFailure,
  liftFailures,
  listLockedSubjects,
  listSpentAllowances,
  reserveTry,
} from './guesses.ts'
import { importClients, importUsers, positionsTaken } from './imports.ts'
import { createFirstKeys, listKeys, rotateKeys } from './keys.ts'
import { findKnownCaller, rememberCaller } from './known-callers.ts'
import { endLease, takeLease } from './leases.ts'
import { MIGRATION_NAMES } from './migrations/index.ts'
import { claimOnce } from './one-time-ids.ts'
import { openGrant } from './open-grant.ts'
import {
  createOrganisation,
  findOrganisation,
  findUnit,
  listOrganisations,
} from './organisations.ts'
import { type Driver, first, type Plan, run } from './plan.ts'
import { findRefreshToken, renewRefreshToken, rotateRefreshToken } from './refresh-tokens.ts'
import { isRevoked, revokeGrant, revokeUserGrants } from './revocations.ts'
import {
  createSession,
  endSession,
  endSessionById,
  findSession,
  listSessions,
  touchSession,
} from './sessions.ts'
import { settleTry, tellAllLeftOut } from './settle-try.ts'
import { statement } from './statement.ts'
import { analyseTable, findOutgrownTables } from './statistics.ts'
import {
  createTrustedIssuer,
  deleteTrustedIssuer,
  findTrustedIssuer,
  findTrustedIssuerById,
  listTrustedIssuers,
  resumeTrustedIssuer,
  suspendTrustedIssuer,
} from './trusted-issuers.ts'
import {
  changeEmail,
  changePassword,
  changeRole,
  createUser,
  disableUser,
  findUser,
  findUserByUsername,
  findUserForSignIn,
  listMemberships,
  listUsers,
  updatePasswordHash,
} from './users.ts'
import { listVersionUses, recordVersionUses } from './version-uses.ts'

export function createStore(driver: Driver, exchange: Exchange = createExchange()): Store {
  driver.handNewsTo(exchange.tell)
  let around: StoreObserver['around'] = (_method, work) => work()
  const methods = methodsOf(driver, (method, work) => around(method, work))
  return {
    ...clientMethods(methods),
    clientsSequence: methods.read(clientsSequence),
    ...grantMethods(methods),
    ...identityMethods(methods),
    ...applicationKeyMethods(methods),
    ...keyMethods(methods),
    readFeedState: methods.read(readFeedState),
    readFeed: methods.read(readFeed),
    recordVersionUses: methods.transact(recordVersionUses),
    listVersionUses: methods.read(listVersionUses),
    ...guessMethods(methods),
    recordFollowers: methods.transact(recordFollowers),
    findFollowersBehind: methods.read(findFollowersBehind),
    judgeFollowers: methods.transact(judgeFollowers),
    takeLease: methods.write(takeLease),
    endLease: methods.write(endLease),
    recordAuditEvent: methods.write(recordAuditEvent),
    listAuditEvents: methods.read(listAuditEvents),
    deleteExpired: (nowSeconds, limit) =>
      around('deleteExpired', () => deleteExpired(driver, batchOf(nowSeconds, limit))),
    countExpired: (nowSeconds, limit) =>
      around('countExpired', () => countExpired(driver, batchOf(nowSeconds, limit))),
    findOutgrownTables: methods.read(findOutgrownTables),
    analyseTable: methods.write(analyseTable),
    watch: (observer) => {
      around = (method, work) => observer.around(method, work)
    },
    load: () => driver.load(),
    check: () =>
      around('check', async () => {
        await driver.check()
        await checkSchema(driver)
      }),
    hearNews: exchange.hearNews,
    hearsOthers: exchange.hearsOthers,
    async close() {
      await exchange.close()
      await driver.close()
    },
  }
}

type Methods = ReturnType<typeof methodsOf>

function clientMethods({ read, write, transact, change }: Methods): ClientStore {
  return {
    findClient: read(findClient),
    listClients: read(listClients),
    listClientsOfOrganisation: read(listClientsOfOrganisation),
    listVouchedNames: read(listVouchedNames),
    createClient: change(createClient),
    importClients: (...given) => transact(importClients)(...given).catch(positionsTaken),
    addClientSecret: change(addClientSecret),
    isSecretRevoked: read(isSecretRevoked),
    revokeClientSecret: change(revokeClientSecret),
    recordSecretUse: write(recordSecretUse),
    recordClientUse: write(recordClientUse),
    addAllowanceUses: transact(addAllowanceUses),
    listAllowanceUses: read(listAllowanceUses),
    updateClient: change(updateClient),
    disableClient: change(disableClient),
    deleteClient: change(deleteClient),
  }
}

function grantMethods({ read, write, transact, change }: Methods): GrantStore {
  return {
    findConsent: read(findConsent),
    findGrant: read(findGrant),
    openGrant: transact(openGrant),
    approveAuthorization: transact(approveAuthorization),
    claimOnce: change(claimOnce),
    findCode: read(findCode),
    redeemCode: transact(redeemCode),
    findRefreshToken: read(findRefreshToken),
    rotateRefreshToken: transact(rotateRefreshToken),
    renewRefreshToken: transact(renewRefreshToken),
    saveAccessToken: write(saveAccessToken),
    findAccessToken: read(findAccessToken),
    revokeGrant: transact(revokeGrant),
    hasUnfinishedEndings: read(hasUnfinishedEndings),
    continueEndings: transact(continueEndings),
    revokeUserGrants: change(revokeUserGrants),
    isRevoked: read(isRevoked),
    listUserGrants: read(listUserGrants),
    listConnections: read(listConnections),
    findConnection: read(findConnection),
  }
}

function identityMethods({ read, write, transact, change }: Methods): IdentityStore {
  return {
    createOrganisation: change(createOrganisation),
    findOrganisation: read(findOrganisation),
    listOrganisations: read(listOrganisations),
    findUnit: read(findUnit),
    createUser: change(createUser),
    importUsers: (...given) => transact(importUsers)(...given).catch(positionsTaken),
    findUser: read(findUser),
    findUserByUsername: read(findUserByUsername),
    findUserForSignIn: read(findUserForSignIn),
    changeEmail: change(changeEmail),
    listUsers: read(listUsers),
    listMemberships: read(listMemberships),
    changeRole: change(changeRole),
    updatePasswordHash: write(updatePasswordHash),
    changePassword: change(changePassword),
    disableUser: change(disableUser),
    createSession: transact(createSession),
    findSession: read(findSession),
    touchSession: write(touchSession),
    listSessions: read(listSessions),
    endSession: write(endSession),
    endSessionById: change(endSessionById),
  }
}

function applicationKeyMethods({ read, write, change }: Methods): ApplicationKeyStore {
  return {
    createApplicationKey: change(createApplicationKey),
    findApplicationKey: read(findApplicationKey),
    listApplicationKeys: read(listApplicationKeys),
    recordApplicationKeyUse: write(recordApplicationKeyUse),
    suspendApplicationKey: change(suspendApplicationKey),
    resumeApplicationKey: change(resumeApplicationKey),
    deleteApplicationKey: change(deleteApplicationKey),
    createAccessIdentifier: change(createAccessIdentifier),
    findAccessIdentifier: read(findAccessIdentifier),
    listAccessIdentifiers: read(listAccessIdentifiers),
    recordAccessIdentifierUse: write(recordAccessIdentifierUse),
    deleteAccessIdentifier: change(deleteAccessIdentifier),
    createTrustedIssuer: change(createTrustedIssuer),
    findTrustedIssuer: read(findTrustedIssuer),
    findTrustedIssuerById: read(findTrustedIssuerById),
    listTrustedIssuers: read(listTrustedIssuers),
    suspendTrustedIssuer: change(suspendTrustedIssuer),
    resumeTrustedIssuer: change(resumeTrustedIssuer),
    deleteTrustedIssuer: change(deleteTrustedIssuer),
  }
}

function guessMethods({ read, write, transact, change }: Methods): GuessStore {
  return {
    reserveTry: transact(reserveTry),
    settleTry: transact(settleTry),
    countFailure: transact(countFailure),
    listSpentAllowances: read(listSpentAllowances),
    listLockedSubjects: read(listLockedSubjects),
    liftFailures: change(liftFailures),
    findKnownCaller: read(findKnownCaller),
    rememberCaller: write(rememberCaller),
  }
}

function keyMethods({ read, transact, change }: Methods): KeyStore {
  return {
    listKeys: read(listKeys),
    createFirstKeys: transact(createFirstKeys),
    rotateKeys: change(rotateKeys),
  }
}

type PlanOf<Args extends unknown[], Result> = (...args: Args) => Plan<Result>

/** Binds plans to the driver: a function that makes a plan becomes one that promises its result. */
function methodsOf(driver: Driver, around: StoreObserver['around']) {
  const methods =
    (carryOut: 'read' | 'write' | 'transact') =>
    <Args extends unknown[], Result>(plan: PlanOf<Args, Result>) =>
    (...args: Args): Promise<Result> =>
      // A plan has the name of its method.
      around(plan.name, () => driver[carryOut](() => plan(...args)))
  return {
    read: methods('read'),
    write: methods('write'),
    transact: methods('transact'),
    /** A change that may have an event of its own. */
    change: <Args extends unknown[], Result>(plan: PlanOf<Args, Result>) =>
      methods('transact')(Object.defineProperty(audited(plan), 'name', { value: plan.name })),
  }
}

/** Every batch is a transaction of its own, so that nobody waits long for its locks. */
async function deleteExpired(driver: Driver, batch: Batch): Promise<number> {
  // What is told of them must be, before they go.
  let gone = await driver.transact(() => tellAllLeftOut(batch.nowSeconds))
  for (const { remove } of CLEAN_UPS) gone += (await driver.write(() => run(remove, batch))).length
  return gone
}

/** One after the other, so that nobody waits long behind them. */
async function countExpired(driver: Driver, batch: Batch): Promise<number> {
  let waiting = 0
  for (const { count } of CLEAN_UPS) {
    waiting += (await driver.read(() => first(count, batch)))?.waiting ?? 0
  }
  return waiting
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
