// What the legacy wire contracts need: allowances per app, application keys and who they may name, keys per API,
// and counts of what is still in use. The previous version runs on it: every new column has a default.

export function contractsSchema(): readonly string[] {
  return [...ADDED_COLUMNS, ...APP_INDEXES, ...KEYS_PER_API, ...KEY_EXCHANGE, ...USE_COUNTS]
}

const ADDED_COLUMNS = [
  `alter table clients add column allowances text not null default '[]'`,
  'alter table clients add column last_used_at_seconds bigint',
  `alter table memberships add column further_unit_ids text not null default '[]'`,
  'alter table refresh_tokens add column client_authenticated integer not null default 1',
  'alter table grants add column access_identifier_id text',
  `create index grants_by_access_identifier on grants (tenant, access_identifier_id)
    where access_identifier_id is not null`,
]

/** For the apps of an organisation, and for what goes with an app that is deleted. */
const APP_INDEXES = [
  'create index clients_by_organisation on clients (tenant, organisation_id)',
  'create index consents_by_client on consents (tenant, client_id)',
]

/** One current and one next key for each API that has keys of its own; an empty one stands for all others. */
const KEYS_PER_API = [
  `alter table signing_keys add column resource_server text not null default ''`,
  'drop index signing_keys_current',
  'drop index signing_keys_next',
  `create unique index signing_keys_current on signing_keys (tenant, resource_server) where state = 'current'`,
  `create unique index signing_keys_next on signing_keys (tenant, resource_server) where state = 'next'`,
]

const KEY_EXCHANGE = [
  `create table application_keys (
    tenant text not null,
    id text not null,
    organisation_id text not null,
    name text not null,
    hash text not null,
    hint text not null,
    scopes text not null,
    created_at_seconds bigint not null,
    expires_at_seconds bigint,
    suspended_at_seconds bigint,
    last_used_at_seconds bigint,
    primary key (tenant, id),
    unique (tenant, hash),
    foreign key (tenant, organisation_id) references organisations (tenant, id) on delete cascade
  )`,
  'create index application_keys_by_organisation on application_keys (tenant, organisation_id)',
  `create table trusted_issuers (
    tenant text not null,
    id text not null,
    name text not null,
    issuer text not null,
    expected_audience text not null,
    jwks_uri text,
    pinned_keys text,
    created_at_seconds bigint not null,
    suspended_at_seconds bigint,
    primary key (tenant, id),
    unique (tenant, issuer)
  )`,
  `create table access_identifiers (
    tenant text not null,
    id text not null,
    user_id text not null,
    kind text not null,
    hash text not null,
    hint text not null,
    pass_code_hash text,
    trusted_issuer_id text,
    created_at_seconds bigint not null,
    last_used_at_seconds bigint,
    primary key (tenant, id),
    unique (tenant, kind, hash),
    foreign key (tenant, user_id) references users (tenant, id) on delete cascade,
    foreign key (tenant, trusted_issuer_id) references trusted_issuers (tenant, id) on delete cascade
  )`,
  'create index access_identifiers_by_user on access_identifiers (tenant, user_id)',
  'create index access_identifiers_by_issuer on access_identifiers (tenant, trusted_issuer_id)',
]

const USE_COUNTS = [
  `create table allowance_uses (
    tenant text not null,
    client_id text not null,
    allowance text not null,
    day text not null,
    uses bigint not null,
    primary key (tenant, client_id, allowance, day)
  )`,
  'create index allowance_uses_by_day on allowance_uses (day)',
  `create table version_uses (
    tenant text not null,
    client_id text not null,
    version text not null,
    day text not null,
    calls bigint not null,
    primary key (tenant, client_id, version, day)
  )`,
  'create index version_uses_by_day on version_uses (day)',
]
