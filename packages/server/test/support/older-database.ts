// Makes a database what an older version would have left.

import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { StoreSettings } from '../../src/store/sql/open.ts'

export async function executeStatements(
  settings: StoreSettings,
  statements: readonly string[],
): Promise<void> {
  if (settings.kind === 'sqlite') {
    const db = new DatabaseSync(settings.path)
    for (const statement of statements) db.exec(statement)
    db.close()
    return
  }
  const client = new pg.Client(settings.url)
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** What it was before tokens had tags and the feed an epoch; migrating it brings them. */
export function forgetTags(settings: StoreSettings): Promise<void> {
  const columns = Object.entries({
    ...{ clients: ['tag'], users: ['tag'], application_keys: ['tag'], trusted_issuers: ['tag'] },
    ...{ grants: ['client_tag', 'user_tag'], access_tokens: ['client_tag', 'user_tag'] },
    codes: ['client_tag', 'user_tag'],
  })
  return executeStatements(settings, [
    'drop index grants_by_client_tag',
    'drop index grants_by_user',
    'drop index grants_by_access_identifier',
    'drop table unfinished_endings',
    'drop table feeds',
    ...columns.flatMap(([table, names]) =>
      names.map((name) => `alter table ${table} drop column ${name}`),
    ),
    'create index grants_by_user on grants (tenant, user_id, client_id)',
    'create index grants_by_client on grants (tenant, client_id)',
    `create index grants_by_access_identifier on grants (tenant, access_identifier_id)
      where access_identifier_id is not null`,
    `delete from kysely_migration where name in
      ('0005-revocation-tags', '0007-feed-epoch', '0011-codes-have-tags')`,
  ])
}
