// Fewer pages to write for each token: what is random in an index costs a page of its own in every commit. Tokens no
// longer point at their grant by a foreign key, which needs such an index, since they always go before their grant;
// and their end is indexed by the day, so that those of a day lie side by side. The previous version runs on it.

import type { Dialect } from '../statement.ts'

export function lighterTokensSchema(dialect: Dialect): readonly string[] {
  return [
    'alter table grants add column last_used_at_seconds bigint',
    ...(dialect === 'sqlite' ? WITHOUT_KEYS_ON_SQLITE : WITHOUT_KEYS_ON_POSTGRES),
    'create index refresh_tokens_by_end on refresh_tokens ((ends_at_seconds / 86400))',
  ]
}

const WITHOUT_KEYS_ON_POSTGRES = [
  'alter table codes drop constraint codes_tenant_grant_id_fkey',
  'alter table refresh_tokens drop constraint refresh_tokens_tenant_grant_id_fkey',
  'drop index codes_by_grant',
  'drop index refresh_tokens_by_grant',
  'drop index refresh_tokens_by_end',
]

/** SQLite drops no constraint: the tables are made anew. */
const WITHOUT_KEYS_ON_SQLITE = [
  `create table lighter_codes (
    tenant text not null,
    hash text not null,
    grant_id text not null,
    client_id text not null,
    redirect_uri text not null,
    redirect_uri_sent integer not null,
    code_challenge text,
    code_challenge_method text,
    nonce text,
    issued_at_seconds bigint not null,
    expires_at_seconds bigint not null,
    redeemed_at_seconds bigint,
    primary key (tenant, hash)
  )`,
  `create table lighter_refresh_tokens (
    tenant text not null,
    hash text not null,
    grant_id text not null,
    client_id text not null,
    issued_at_seconds bigint not null,
    expires_at_seconds bigint not null,
    ends_at_seconds bigint not null,
    rotated_at_seconds bigint,
    successor_hash text,
    fingerprint text,
    sealed_answer text,
    answer_expires_at_seconds bigint,
    client_authenticated integer not null default 1,
    primary key (tenant, hash)
  )`,
  'insert into lighter_codes select * from codes',
  'insert into lighter_refresh_tokens select * from refresh_tokens',
  'drop table codes',
  'drop table refresh_tokens',
  'alter table lighter_codes rename to codes',
  'alter table lighter_refresh_tokens rename to refresh_tokens',
  'create index codes_by_expiry on codes (expires_at_seconds)',
  `create index refresh_tokens_by_answer on refresh_tokens (answer_expires_at_seconds)
    where sealed_answer is not null`,
]
