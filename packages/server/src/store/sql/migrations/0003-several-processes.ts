// What several processes on one database need to know of each other: what has changed, who does the housekeeping,
// and which guesses have failed. The previous version runs on it: it knows none of these tables.

export function severalProcessesSchema(): readonly string[] {
  return [
    `create table change_sequences (
      name text primary key,
      sequence bigint not null
    )`,
    `create table leases (
      task text primary key,
      holder text not null,
      ends_at_seconds bigint not null
    )`,
    'create index leases_by_end on leases (ends_at_seconds)',
    `create table failed_guesses (
      purpose text not null,
      hash text not null,
      failures bigint not null,
      window_ends_at_seconds bigint not null,
      primary key (purpose, hash)
    )`,
    'create index failed_guesses_by_end on failed_guesses (window_ends_at_seconds)',
    'create index failed_guesses_by_count on failed_guesses (purpose, failures)',
  ]
}
