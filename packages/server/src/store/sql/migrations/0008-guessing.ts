// Failures of checks, with the places of those under way, and who is known at an account. They take the place of
// `failed_guesses` and `sign_in_attempts`. What was counted there is not carried over: it would have ended within the
// hour, or was a lock that a stranger could make last.

export function guessingSchema(): readonly string[] {
  return [
    `create table guesses (
      tenant text not null,
      purpose text not null,
      slot text not null,
      failures bigint not null,
      allowed bigint not null,
      pending bigint not null,
      pending_until_seconds bigint not null,
      window_ends_at_seconds bigint not null,
      checked_at_seconds bigint not null,
      spent_until_seconds bigint not null,
      subject text,
      primary key (tenant, purpose, slot)
    )`,
    'create index guesses_by_end on guesses (window_ends_at_seconds)',
    'create index guesses_by_spent on guesses (spent_until_seconds) where spent_until_seconds > 0',
    'create index guesses_by_subject on guesses (tenant, subject) where subject is not null',
    `create table known_callers (
      tenant text not null,
      account text not null,
      slot text not null,
      caller text not null,
      last_at_seconds bigint not null,
      expires_at_seconds bigint not null,
      primary key (tenant, account, slot)
    )`,
    'create index known_callers_by_expiry on known_callers (expires_at_seconds)',
    'drop table failed_guesses',
    'drop table sign_in_attempts',
  ]
}
