// Proof that the races have teeth: a store with one guard taken out of its statements is caught by its race.

import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/store/sql/statement.ts'
import { DIALECTS, openPair, type Rewrite } from './databases.ts'
import type { Stores } from './race.ts'
import {
  raceForCode,
  raceForLastCodes,
  raceForLease,
  raceForTheTurn,
  raceToAddOneSecret,
  raceToAddSecrets,
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

interface Breakage {
  readonly guard: string
  /** Where there is such a guard; everywhere when not set. */
  readonly on?: readonly Dialect[]
  readonly without: Rewrite
  readonly races: readonly ((stores: Stores) => Promise<string[]>)[]
}

/** Makes a condition hold always, in every statement that has it. */
const without = (condition: RegExp) => (sql: string) => sql.replace(condition, '($& or true)')

/** Stays a while between what a query finds and what is done with it: without it few callers come in between. */
const lingering = (sql: string) => `${sql} and pg_sleep(0.02) is not null`

const BREAKAGES: readonly Breakage[] = [
  {
    guard: 'a code must not be redeemed yet',
    without: without(/"redeemed_at_seconds" is null/),
    races: [raceForCode],
  },
  {
    guard: 'a refresh token must not be rotated yet',
    without: without(/"rotated_at_seconds" is null/),
    races: [raceToRefresh, raceToRefreshWithoutRetries],
  },
  {
    guard: 'a grant must not be ended yet',
    without: without(/(?<!\.)"revoked_at_seconds" is null/),
    races: [raceToRevoke],
  },
  {
    guard: 'an id must be new',
    without: (sql) =>
      sql.includes('"one_time_ids"')
        ? sql.replace(
            'on conflict do nothing',
            'on conflict (tenant, purpose, id) do update set id = excluded.id',
          )
        : sql,
    races: [raceToClaim, raceToDecide, raceToReportUses, raceToUseJwt],
  },
  {
    guard: 'a count is added to the one that is there',
    without: (sql) => sql.replace('"allowance_uses"."uses" + ', ''),
    races: [raceToCount],
  },
  {
    guard: 'a failure is added to those that are there',
    without: (sql) => sql.replaceAll('guesses.failures + 1', '1'),
    races: [raceToFail, raceToEndMachineTokens, raceForLastCodes],
  },
  {
    guard: 'a lease must have ended or be the own one',
    without: without(/"leases"\."holder" = \S+/),
    races: [raceForLease],
  },
  {
    guard: 'a failure must be one that is allowed',
    without: (sql) =>
      sql.replace(/or guesses\.failures < excluded\.allowed\s+returning/, 'or true returning'),
    races: [raceToFail, raceToEndMachineTokens, raceForLastCodes],
  },
  {
    guard: 'an allowance must have a place that is free',
    // SQLite has one writer at a time: what was looked at has not changed.
    on: ['postgres'],
    without: (sql) => sql.replace(/< excluded\.allowed\s+or/, '< excluded.allowed + 1000 or'),
    races: [raceToSignIn],
  },
  {
    guard: 'an allowance that is used up must not have been used just now',
    on: ['postgres'],
    without: (sql) =>
      sql.startsWith('select failures')
        ? lingering(sql)
        : sql.replace(/(checked_at_seconds <= )(\$\d+)\)/, '$1cast($2 as bigint) + 1000)'),
    races: [raceForTheTurn],
  },
  {
    guard: 'an application key must be in force and have the tag that the grant knows',
    without: (sql) =>
      without(/(?<=and )"tag" = \S+/)(without(/"suspended_at_seconds" is null/)(sql)),
    races: [raceToOpenBeforeSuspension],
  },
  {
    guard: 'an application key must stay as it is while it opens a grant',
    on: ['postgres'],
    without: (sql) => (sql.includes(' for share') ? lingering(sql.replace(' for share', '')) : sql),
    races: [raceToOpenBeforeSuspension],
  },
  {
    guard: 'an app must stay as it is while it is given a secret',
    // SQLite has one writer at a time.
    on: ['postgres'],
    without: (sql) =>
      sql.startsWith('update "clients" set "disabled_at_seconds" = "disabled_at_seconds"')
        ? 'select * from "clients" where "tenant" = $1 and "id" = $2 and "disabled_at_seconds" is null'
        : sql,
    races: [raceToAddSecrets, raceToAddOneSecret],
  },
  {
    guard: 'the key to retire must be the one the caller knows',
    without: without(/"kid" = \S+/),
    races: [raceToRotateKeys],
  },
]

describe.for(DIALECTS)('on %s', (dialect) => {
  const cases = BREAKAGES.filter(({ on = DIALECTS }) => on.includes(dialect)).flatMap(
    ({ races, ...breakage }) => races.map((race) => ({ ...breakage, race })),
  )

  for (const { guard, without, race } of cases) {
    test(`without the guard that ${guard}, ${race.name} is lost`, async () => {
      let lost: string[] = []
      // On a busy machine the callers may come one after the other.
      for (let tries = 0; tries < 5 && lost.length === 0; tries++) {
        lost = await race(await openPair(dialect, without))
      }
      expect(lost).not.toEqual([])
    })
  }

  test('with all guards, each of them is won', async () => {
    const stores = await openPair(dialect)
    for (const { race } of cases) expect(await race(stores)).toEqual([])
  })
})
