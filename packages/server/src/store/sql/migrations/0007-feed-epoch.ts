// The epoch of the feed of revocations, by which a follower notices that the numbers it knows are those of a database
// that is no more. The previous version runs on it: it does not know the table.

import type { Dialect } from '../statement.ts'

export function feedEpochSchema(dialect: Dialect): readonly string[] {
  const [epoch, now] =
    dialect === 'sqlite'
      ? ['lower(hex(randomblob(16)))', 'unixepoch()']
      : [
          "replace(cast(gen_random_uuid() as text), '-', '')",
          'cast(extract(epoch from clock_timestamp()) as bigint)',
        ]
  return [
    `create table feeds (
      epoch text primary key,
      ids_until_seconds bigint not null
    )`,
    // A database without apps and keys has given no token, so none can be about that has no tags.
    `insert into feeds (epoch, ids_until_seconds)
      select ${epoch}, case
        when exists (select 1 from clients) or exists (select 1 from application_keys)
          or exists (select 1 from trusted_issuers) then ${now} + ${UNTAGGED_SECONDS}
        else 0
      end`,
  ]
}

/** The longest life of an access token, and an hour for nodes of the previous version to be replaced. */
const UNTAGGED_SECONDS = 86_400 + 3600
