// Who follows the feed of a tenant, for the processes at which it does not follow. Nobody is there before the first
// request of each, which comes within half a minute.

export function feedFollowersSchema(): readonly string[] {
  return [
    `create table feed_followers (
      tenant text not null,
      follower text not null,
      sequence bigint not null,
      is_prompt bigint not null,
      expires_at_seconds bigint not null,
      primary key (tenant, follower)
    )`,
    'create index feed_followers_by_expiry on feed_followers (expires_at_seconds)',
  ]
}
