// Apps, keys, issuers and users get a tag, by which the feed of revocations names them; their grants know it. Each row
// that is there gets one of its own. Grants are found by what is still to be ended, and an ending that left grants behind
// is remembered. The previous version runs on it: every new column has a default.

import { type Dialect, NEW_TAG } from '../statement.ts'

export function revocationTagsSchema(dialect: Dialect): readonly string[] {
  const tag = NEW_TAG[dialect]
  return [
    ...['clients', 'users', 'application_keys', 'trusted_issuers'].flatMap((table) => [
      `alter table ${table} add column tag text not null default ''`,
      `update ${table} set tag = ${tag}`,
    ]),
    `alter table grants add column client_tag text not null default ''`,
    'alter table grants add column user_tag text',
    // The client may be gone: then nothing that is live has the tag that its grants get.
    `update grants set
      client_tag = coalesce(${['clients', 'application_keys', 'trusted_issuers'].map(tagOfClient)}, ${tag}),
      user_tag = (select tag from users where users.tenant = grants.tenant and users.id = user_id)`,
    // Tokens of before are told by the ids of their app and user, until they have expired.
    'alter table access_tokens add column client_tag text',
    'alter table access_tokens add column user_tag text',
    ...INDEXES,
    `create table unfinished_endings (
      tenant text not null,
      kind text not null,
      subject text not null,
      owner_id text not null,
      ended_at_seconds bigint not null,
      primary key (tenant, kind, subject)
    )`,
  ]
}

const tagOfClient = (table: string) =>
  `(select tag from ${table} where ${table}.tenant = grants.tenant and ${table}.id = client_id)`

/** What has ended leaves them: the next batch begins where the last one stopped, however many there were. */
const INDEXES = [
  'drop index grants_by_client',
  `create index grants_by_client_tag on grants (tenant, client_tag, ends_at_seconds)
    where revoked_at_seconds is null`,
  'drop index grants_by_user',
  `create index grants_by_user on grants (tenant, user_id, client_id)
    where revoked_at_seconds is null`,
  'drop index grants_by_access_identifier',
  `create index grants_by_access_identifier on grants (tenant, access_identifier_id, ends_at_seconds)
    where access_identifier_id is not null and revoked_at_seconds is null`,
]
