// A code holds what its grant will be, and lists are read part by part in the order of age. Codes that wait for their redemption take it over from their grants, which
// were stored with them and go: nobody has a token of theirs.

export function codesHoldGrantsSchema(): readonly string[] {
  return [
    'alter table codes add column user_id text',
    'alter table codes add column organisation_id text',
    'alter table codes add column unit_id text',
    `alter table codes add column scopes text not null default '[]'`,
    `alter table codes add column audience text not null default '[]'`,
    'alter table codes add column auth_time_seconds bigint',
    'alter table codes add column session_hash text',
    `update codes set
      user_id = grants.user_id,
      organisation_id = grants.organisation_id,
      unit_id = grants.unit_id,
      scopes = grants.scopes,
      audience = grants.audience,
      auth_time_seconds = grants.auth_time_seconds
      from grants where grants.tenant = codes.tenant and grants.id = codes.grant_id`,
    `delete from codes where redeemed_at_seconds is null and exists (
      select 1 from grants where grants.tenant = codes.tenant and grants.id = codes.grant_id
      and revoked_at_seconds is not null)`,
    `delete from grants where (tenant, id) in (
      select tenant, grant_id from codes where redeemed_at_seconds is null)`,
    // A grant that had only JWTs did not know of their end, which was a day later at most.
    'update grants set ends_at_seconds = ends_at_seconds + 86400',
    'create index if not exists clients_by_age on clients (tenant, created_at_seconds, id)',
    `create index if not exists clients_of_organisation_by_age
      on clients (tenant, organisation_id, created_at_seconds, id)`,
    'create index if not exists users_by_age on users (tenant, created_at_seconds, id)',
    'create index if not exists organisations_by_age on organisations (tenant, created_at_seconds, id)',
    'create index if not exists application_keys_by_age on application_keys (tenant, created_at_seconds, id)',
    'create index if not exists trusted_issuers_by_age on trusted_issuers (tenant, created_at_seconds, id)',
  ]
}
