// Each app has its own algorithm for ID tokens, so a tenant has keys of several. The apps that are there keep what they
// had: the algorithm that their tenant signs with, and ID tokens that say nothing about the user's profile.

export function idTokensSchema(): readonly string[] {
  // The keys come second: until then each tenant has one that signs.
  return [...APPS_AS_THEY_WERE, ...KEYS_PER_ALGORITHM]
}

const SET = 'tenant, resource_server, algorithm'

const KEYS_PER_ALGORITHM = [
  'drop index signing_keys_current',
  'drop index signing_keys_next',
  // Where the algorithm was about to change: each half of a pair becomes one of its own, and is completed on use.
  `update signing_keys set state = 'current'
    where state = 'next' and not exists (
      select 1 from signing_keys as others
      where others.tenant = signing_keys.tenant
        and others.resource_server = signing_keys.resource_server
        and others.algorithm = signing_keys.algorithm
        and others.state = 'current'
    )`,
  `create unique index signing_keys_current on signing_keys (${SET}) where state = 'current'`,
  `create unique index signing_keys_next on signing_keys (${SET}) where state = 'next'`,
]

const APPS_AS_THEY_WERE = [
  `alter table clients add column id_token_algorithm text not null default 'ES256'`,
  'alter table clients add column id_token_profile integer not null default 0',
  `update clients set id_token_algorithm = coalesce(
    (select algorithm from signing_keys
      where signing_keys.tenant = clients.tenant
        and signing_keys.resource_server = '' and state = 'current'),
    'ES256')`,
]
