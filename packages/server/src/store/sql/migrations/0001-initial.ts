// The first schema. Times are whole seconds, lists are JSON text, flags are 0 or 1. Every primary key starts with
// the tenant; an index stands behind every look-up by grant, user, client or expiry.

import type { Dialect } from '../statement.ts'

export function initialSchema(dialect: Dialect): readonly string[] {
  return [
    ...CLIENTS,
    ...PEOPLE,
    ...GRANTS,
    ...REVOCATIONS,
    ...KEYS,
    auditEvents(dialect),
    AUDIT_INDEX,
  ]
}

const CLIENTS = [
  `create table clients (
    tenant text not null,
    id text not null,
    name text not null,
    type text not null,
    party text not null,
    organisation_id text,
    unit_id text,
    redirect_uris text not null,
    post_logout_redirect_uris text not null,
    grant_types text not null,
    scopes text not null,
    default_scopes text not null,
    default_audience text,
    resource_server text,
    require_pkce integer not null,
    refresh_policy text not null,
    publisher text,
    homepage text,
    privacy_uri text,
    terms_uri text,
    created_at_seconds bigint not null,
    disabled_at_seconds bigint,
    primary key (tenant, id)
  )`,
  `create table client_secrets (
    tenant text not null,
    id text not null,
    client_id text not null,
    name text not null,
    hash text not null,
    hint text not null,
    created_at_seconds bigint not null,
    expires_at_seconds bigint,
    last_used_at_seconds bigint,
    primary key (tenant, id),
    foreign key (tenant, client_id) references clients (tenant, id) on delete cascade
  )`,
  'create index client_secrets_by_client on client_secrets (tenant, client_id)',
]

const PEOPLE = [
  `create table organisations (
    tenant text not null,
    id text not null,
    name text not null,
    created_at_seconds bigint not null,
    primary key (tenant, id)
  )`,
  `create table units (
    tenant text not null,
    id text not null,
    organisation_id text not null,
    name text not null,
    primary key (tenant, id),
    foreign key (tenant, organisation_id) references organisations (tenant, id) on delete cascade
  )`,
  'create index units_by_organisation on units (tenant, organisation_id)',
  `create table users (
    tenant text not null,
    id text not null,
    username text not null,
    name text not null,
    email text,
    email_verified integer not null,
    password_hash text,
    locale text,
    created_at_seconds bigint not null,
    disabled_at_seconds bigint,
    primary key (tenant, id),
    unique (tenant, username)
  )`,
  `create table memberships (
    tenant text not null,
    user_id text not null,
    organisation_id text not null,
    default_unit_id text,
    primary key (tenant, user_id, organisation_id),
    foreign key (tenant, user_id) references users (tenant, id) on delete cascade,
    foreign key (tenant, organisation_id) references organisations (tenant, id) on delete cascade
  )`,
  'create index memberships_by_organisation on memberships (tenant, organisation_id)',
  `create table sessions (
    tenant text not null,
    hash text not null,
    id text not null,
    user_id text not null,
    auth_time_seconds bigint not null,
    last_seen_at_seconds bigint not null,
    expires_at_seconds bigint not null,
    ends_at_seconds bigint not null,
    user_agent text,
    address text,
    primary key (tenant, hash),
    foreign key (tenant, user_id) references users (tenant, id) on delete cascade
  )`,
  'create index sessions_by_user on sessions (tenant, user_id)',
  'create index sessions_by_expiry on sessions (expires_at_seconds)',
  'create index sessions_by_end on sessions (ends_at_seconds)',
  `create table sign_in_attempts (
    tenant text not null,
    username_hash text not null,
    attempts bigint not null,
    last_at_seconds bigint not null,
    locked_until_seconds bigint not null,
    primary key (tenant, username_hash)
  )`,
  'create index sign_in_attempts_by_time on sign_in_attempts (last_at_seconds)',
]

const GRANTS = [
  `create table grants (
    tenant text not null,
    id text not null,
    client_id text not null,
    user_id text,
    organisation_id text,
    unit_id text,
    scopes text not null,
    audience text not null,
    auth_time_seconds bigint,
    created_at_seconds bigint not null,
    revoked_at_seconds bigint,
    ends_at_seconds bigint not null,
    primary key (tenant, id)
  )`,
  'create index grants_by_user on grants (tenant, user_id, client_id)',
  'create index grants_by_client on grants (tenant, client_id)',
  'create index grants_by_end on grants (ends_at_seconds)',
  `create table consents (
    tenant text not null,
    user_id text not null,
    client_id text not null,
    organisation_id text not null,
    scopes text not null,
    granted_at_seconds bigint not null,
    primary key (tenant, user_id, client_id, organisation_id)
  )`,
  `create table codes (
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
    primary key (tenant, hash),
    foreign key (tenant, grant_id) references grants (tenant, id) on delete cascade
  )`,
  'create index codes_by_grant on codes (tenant, grant_id)',
  'create index codes_by_expiry on codes (expires_at_seconds)',
  `create table refresh_tokens (
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
    primary key (tenant, hash),
    foreign key (tenant, grant_id) references grants (tenant, id) on delete cascade
  )`,
  'create index refresh_tokens_by_grant on refresh_tokens (tenant, grant_id)',
  'create index refresh_tokens_by_end on refresh_tokens (ends_at_seconds)',
  `create index refresh_tokens_by_answer on refresh_tokens (answer_expires_at_seconds)
    where sealed_answer is not null`,
  `create table access_tokens (
    tenant text not null,
    hash text not null,
    grant_id text not null,
    client_id text not null,
    user_id text,
    organisation_id text,
    unit_id text,
    scopes text not null,
    audience text not null,
    auth_time_seconds bigint,
    issued_at_seconds bigint not null,
    expires_at_seconds bigint not null,
    primary key (tenant, hash)
  )`,
  'create index access_tokens_by_expiry on access_tokens (expires_at_seconds)',
  `create table one_time_ids (
    tenant text not null,
    purpose text not null,
    id text not null,
    expires_at_seconds bigint not null,
    primary key (tenant, purpose, id)
  )`,
  'create index one_time_ids_by_expiry on one_time_ids (expires_at_seconds)',
]

const REVOCATIONS = [
  `create table revocation_sequences (
    tenant text not null,
    sequence bigint not null,
    primary key (tenant)
  )`,
  `create table revocations (
    tenant text not null,
    sequence bigint not null,
    kind text not null,
    subject text not null,
    issued_until_seconds bigint not null,
    expires_at_seconds bigint not null,
    primary key (tenant, kind, subject),
    unique (tenant, sequence)
  )`,
  'create index revocations_by_expiry on revocations (expires_at_seconds)',
]

const KEYS = [
  `create table signing_keys (
    tenant text not null,
    kid text not null,
    algorithm text not null,
    state text not null,
    public_jwk text not null,
    sealed_private_jwk text not null,
    created_at_seconds bigint not null,
    activated_at_seconds bigint,
    expires_at_seconds bigint,
    primary key (tenant, kid)
  )`,
  'create index signing_keys_by_expiry on signing_keys (expires_at_seconds)',
  `create unique index signing_keys_current on signing_keys (tenant) where state = 'current'`,
  `create unique index signing_keys_next on signing_keys (tenant) where state = 'next'`,
]

function auditEvents(dialect: Dialect): string {
  const sequence =
    dialect === 'sqlite'
      ? 'integer primary key autoincrement'
      : 'bigint generated always as identity primary key'
  return `create table audit_events (
    sequence ${sequence},
    tenant text not null,
    at_seconds bigint not null,
    action text not null,
    actor text not null,
    target text not null,
    request_id text
  )`
}

const AUDIT_INDEX = 'create index audit_events_by_tenant on audit_events (tenant, sequence)'
