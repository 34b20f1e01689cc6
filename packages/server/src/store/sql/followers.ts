// Plans about the followers of feeds that answers wait for.

import { sql } from 'kysely'
import type { FollowerReading, FollowerStore } from '../port/followers.ts'
import { announce, call, finishWith, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type Input<Method extends keyof FollowerStore> = Parameters<FollowerStore[Method]>[0]

/** Of one tenant. */
const MOST = 64

type Reading = Omit<FollowerReading, 'isInTime'> & { inTime: number; nowSeconds: number }

const upsertFollower = statement((db, p: Reading) => {
  const live = sql`select 1 from feed_followers where tenant = ${p.tenant}
    and expires_at_seconds > cast(${p.nowSeconds} as bigint)`
  const query = sql`
    insert into feed_followers (tenant, follower, sequence, is_prompt, expires_at_seconds)
    select cast(${p.tenant} as text), cast(${p.follower} as text), cast(${p.sequence} as bigint), 1,
      cast(${p.expiresAtSeconds} as bigint)
    where exists (${live} and follower = ${p.follower})
      or (select count(*) from (${live} limit ${sql.lit(MOST)}) as live) < ${sql.lit(MOST)}
    on conflict (tenant, follower) do update set
      sequence = excluded.sequence,
      is_prompt = case when cast(${p.inTime} as bigint) = 1 then 1 else feed_followers.is_prompt end,
      expires_at_seconds = excluded.expires_at_seconds`
  return { compile: () => query.compile(db) }
})

export function* recordFollowers(
  readings: readonly FollowerReading[],
  nowSeconds: number,
): Plan<void> {
  for (const tenant of new Set(readings.map((reading) => reading.tenant))) {
    yield* announce({ of: 'followers', tenant })
  }
  yield* finishWith(
    readings
      .toSorted(byKey)
      .map(({ isInTime, ...reading }) =>
        call(upsertFollower, { ...reading, nowSeconds, inTime: Number(isInTime) }),
      ),
  )
}

/** Two processes touch the rows in the same order, so that neither waits for the other. */
function byKey(a: FollowerReading, b: FollowerReading): number {
  return Number(keyOf(a) > keyOf(b)) - Number(keyOf(a) < keyOf(b))
}

const keyOf = ({ tenant, follower }: FollowerReading) => `${tenant} ${follower}`

const selectBehind = statement((db, p: Input<'findFollowersBehind'>) =>
  db
    .selectFrom('feedFollowers')
    .where('tenant', '=', p.tenant)
    .where('isPrompt', '=', 1)
    .where('sequence', '<', p.sequence)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .select('follower')
    .orderBy('follower')
    .limit(MOST),
)

export function* findFollowersBehind(input: Input<'findFollowersBehind'>): Plan<readonly string[]> {
  return (yield* run(selectBehind, input)).map(({ follower }) => follower)
}

const lapse = statement((db, p: { tenant: string; follower: string; sequence: number }) =>
  db
    .updateTable('feedFollowers')
    .set({ isPrompt: 0 })
    .where('tenant', '=', p.tenant)
    .where('follower', '=', p.follower)
    .where('isPrompt', '=', 1)
    .where('sequence', '<', p.sequence)
    .returning('follower'),
)

export function* recordLapses({
  tenant,
  followers,
  sequence,
}: Input<'recordLapses'>): Plan<number> {
  const calls = followers.toSorted().map((follower) => call(lapse, { tenant, follower, sequence }))
  const rows = yield { calls, last: true }
  return rows.flat().length
}
