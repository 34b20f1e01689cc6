// What every store must do, whatever database is behind it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/port.ts'
import { latestEvents } from '../support/latest-events.ts'
import { allowanceUseContract } from './contract/allowance-uses.ts'
import { applicationKeyContract } from './contract/application-keys.ts'
import { changeContract } from './contract/change-between-processes.ts'
import { cleanUpContract } from './contract/clean-up.ts'
import { clientContract } from './contract/clients.ts'
import { codeContract } from './contract/codes.ts'
import { connectionContract } from './contract/connections.ts'
import { endingContract } from './contract/endings.ts'
import { eventContract } from './contract/events.ts'
import { followerContract } from './contract/followers.ts'
import { grantContract } from './contract/grants.ts'
import { guessContract } from './contract/guessing.ts'
import { keyContract } from './contract/keys.ts'
import { listContract } from './contract/lists.ts'
import { openGrantContract } from './contract/open-grant.ts'
import { peopleContract } from './contract/people.ts'
import { leaseContract } from './contract/processes.ts'
import { refreshTokenContract } from './contract/refresh-tokens.ts'
import { revocationContract } from './contract/revocations.ts'
import { sessionContract } from './contract/sessions.ts'
import { versionUseContract } from './contract/version-uses.ts'
import type { Stores } from './race.ts'
import {
  raceForCode,
  raceForFirstKeys,
  raceForLastCodes,
  raceForLease,
  raceForTheTurn,
  raceToAddOneSecret,
  raceToAddSecrets,
  raceToChangeClient,
  raceToClaim,
  raceToCount,
  raceToDecide,
  raceToEndMachineTokens,
  raceToFail,
  raceToOpenBeforeSuspension,
  raceToRefresh,
  raceToRefreshWithoutRetries,
  raceToReportUses,
  raceToRevoke,
  raceToRotateKeys,
  raceToSignIn,
  raceToUseJwt,
} from './races.ts'
import { auditEventRecord, NOW, newTenant, rotationOf, startChain } from './records.ts'

export interface Backend {
  readonly name: string
  /** Opens one more store over the same, migrated database. */
  open(): Promise<Store>
}

export function storeContract({ name, open }: Backend): void {
  describe(`the store on ${name}`, () => {
    let stores: Stores
    const store = () => stores[0]
    beforeAll(async () => {
      stores = [await open(), await open()]
    })
    afterAll(() => Promise.all(stores.map((each) => each.close())))

    clientContract(store)
    eventContract(store)
    grantContract(store)
    codeContract(store)
    connectionContract(store)
    listContract(store)
    refreshTokenContract(store)
    revocationContract(store)
    endingContract(store)
    peopleContract(store)
    sessionContract(store)
    keyContract(store)
    applicationKeyContract(store)
    openGrantContract(store)
    versionUseContract(store)
    allowanceUseContract(store)
    guessContract(store)
    leaseContract(store)
    followerContract(store)
    cleanUpContract(store)
    changeContract(() => stores)
    raceContract(() => stores)
    restartContract(open)
  })
}

function raceContract(stores: () => Stores): void {
  describe('of 100 callers at once, over two connections to the database', () => {
    const races = {
      'RFC 6749 §4.1.2: one redeems a code, and only its tokens are stored': raceForCode,
      'RFC 9700 §4.14.2: one rotates a refresh token, the rest get its answer': raceToRefresh,
      'RFC 9700 §4.14.2: one rotates, the next ends the grant when there is no retry window':
        raceToRefreshWithoutRetries,
      'one answers an interaction': raceToDecide,
      'one claims an id': raceToClaim,
      'all count their uses of legacy allowances': raceToCount,
      'one tells the use of versions, when all tell the same batch': raceToReportUses,
      'as many may try to sign in as the limit says': raceToSignIn,
      'of failures no more are counted than allowed': raceToFail,
      'one has the turn when an allowance is used up': raceForTheTurn,
      'one holds a lease, until it has ended': raceForLease,
      'one makes the first keys of a tenant': raceForFirstKeys,
      'one rotates the keys': raceToRotateKeys,
      'one ends a grant': raceToRevoke,
      'as many tokens of one app end as may end': raceToEndMachineTokens,
      'as many codes are given as the allowance has': raceForLastCodes,
      'one changes an app that all have read': raceToChangeClient,
      'imports C3: as many add a secret as an app may have': raceToAddSecrets,
      'imports C3: one adds a secret that all bring along': raceToAddOneSecret,
      'none opens a grant that a suspended key leaves alive': raceToOpenBeforeSuspension,
      'B17: one opens a grant with a JWT': raceToUseJwt,
    }
    for (const [name, check] of Object.entries(races)) {
      test(name, async () => expect(await check(stores())).toEqual([]))
    }
  })
}

function restartContract(open: () => Promise<Store>): void {
  test('everything is still there after a restart', async () => {
    const before = await open()
    const tenant = newTenant()
    const { token } = await startChain(before, { tenant })
    const rotation = rotationOf(token)
    await before.rotateRefreshToken(rotation)
    await before.recordAuditEvent(auditEventRecord({ tenant }))
    await before.close()

    const after = await open()
    expect(await after.rotateRefreshToken(rotation)).toEqual({
      outcome: 'retried',
      sealedAnswer: rotation.sealedAnswer,
    })
    expect((await after.findRefreshToken(tenant, rotation.successor.hash))?.token).toEqual(
      rotation.successor,
    )
    expect(await latestEvents(after, tenant, 10)).toEqual([auditEventRecord({ tenant })])
    await after.close()
  })

  test('a closed store refuses with the error that callers expect', async () => {
    const store = await open()
    await store.close()
    const id = { tenant: newTenant(), purpose: 'jti', id: '1', expiresAtSeconds: NOW }
    const refused = { name: 'StoreUnavailableError' }
    await expect(store.claimOnce(id)).rejects.toMatchObject(refused)
    await expect(store.listUsers(id.tenant)).rejects.toMatchObject(refused)
    await expect(store.check()).rejects.toMatchObject(refused)
  })
}
