// Plans about the followers of feeds that answers wait for.

import { sql } from 'kysely'
import { MOST_FOLLOWERS } from '../limits.ts'
import type { FollowerReading, FollowerStore } from '../port/followers.ts'
import { announce, call, finishWith, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'

type Input<Method extends keyof FollowerStore> = Parameters<FollowerStore[Method]>[0]

type Reading = FollowerReading & { nowSeconds: number }

const upsertFollower = statement((db, p: Reading) => {
  const live = sql`select 1 from feed_followers where tenant = ${p.tenant}
    and expires_at_seconds > cast(${p.nowSeconds} as bigint)`
  const query = sql`
    insert into feed_followers (tenant, follower, sequence, is_prompt, expires_at_seconds)
    select cast(${p.tenant} as text), cast(${p.follower} as text), cast(${p.sequence} as bigint), 1,
      cast(${p.expiresAtSeconds} as bigint)
    where exists (${live} and follower = ${p.follower})
      or (select count(*) from (${live} and is_prompt = 1 limit ${sql.lit(MOST_FOLLOWERS)}) as live) < ${sql.lit(MOST_FOLLOWERS)}
    on conflict (tenant, follower) do update set
      sequence = excluded.sequence,
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
    readings.toSorted(byKey).map((reading) => call(upsertFollower, { ...reading, nowSeconds })),
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
    .limit(MOST_FOLLOWERS),
)

export function* findFollowersBehind(input: Input<'findFollowersBehind'>): Plan<readonly string[]> {
  return (yield* run(selectBehind, input)).map(({ follower }) => follower)
}

interface Line {
  readonly tenant: string
  readonly sequence: number
}

/** Waited for although it was late, or the other way round. */
const isMisjudged = (line: Line) =>
  sql<boolean>`(is_prompt = 1) = (sequence < cast(${line.sequence} as bigint))`

const selectMisjudged = statement((db, p: Input<'judgeFollowers'>) =>
  db
    .selectFrom('feedFollowers')
    .where('tenant', '=', p.tenant)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .where(isMisjudged(p))
    .select('follower'),
)

const judge = statement((db, p: Line & { readonly follower: string }) =>
  db
    .updateTable('feedFollowers')
    .set({ isPrompt: sql`1 - is_prompt` })
    .where('tenant', '=', p.tenant)
    .where('follower', '=', p.follower)
    .where(isMisjudged(p))
    .returning('isPrompt'),
)

export function* judgeFollowers(input: Input<'judgeFollowers'>): Plan<number> {
  const { tenant, sequence } = input
  const misjudged = (yield* run(selectMisjudged, input)).map(({ follower }) => follower)
  // In the order in which readings are recorded: a database sorts by rules of its own, and each would wait for the other.
  const calls = misjudged.toSorted().map((follower) => call(judge, { tenant, follower, sequence }))
  const rows = yield { calls, last: true }
  return rows.flat().filter((row) => (row as { isPrompt: number }).isPrompt === 0).length
}
