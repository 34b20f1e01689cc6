// All migrations, in the order in which they run. They take away nothing that is read: the previous version of
// Ostiary still runs on the schema they leave.

import { type Kysely, type Migration, sql } from 'kysely'
import type { Dialect } from '../statement.ts'
import { initialSchema } from './0001-initial.ts'
import { contractsSchema } from './0002-contracts.ts'
import { severalProcessesSchema } from './0003-several-processes.ts'
import { lighterTokensSchema } from './0004-lighter-tokens.ts'
import { revocationTagsSchema } from './0005-revocation-tags.ts'
import { codesHoldGrantsSchema } from './0006-codes-hold-grants.ts'
import { feedEpochSchema } from './0007-feed-epoch.ts'
import { guessingSchema } from './0008-guessing.ts'
import { consentCoversSchema } from './0009-consent-covers.ts'
import { appOwnersSchema } from './0010-app-owners.ts'
import { codesHaveTagsSchema } from './0011-codes-have-tags.ts'
import { codesKnowWhatWasAskedSchema } from './0012-codes-know-what-was-asked.ts'
import { countGrantsSchema } from './0014-count-grants.ts'
import { feedFollowersSchema } from './0015-feed-followers.ts'
import { idTokensSchema } from './0016-id-tokens.ts'
import { verifiedAddressesSchema } from './0017-verified-addresses.ts'
import { secretsOnceSchema } from './0018-secrets-once.ts'

const MIGRATIONS: Record<string, (dialect: Dialect) => readonly string[]> = {
  '0001-initial': initialSchema,
  '0002-contracts': contractsSchema,
  '0003-several-processes': severalProcessesSchema,
  '0004-lighter-tokens': lighterTokensSchema,
  '0005-revocation-tags': revocationTagsSchema,
  '0006-codes-hold-grants': codesHoldGrantsSchema,
  '0007-feed-epoch': feedEpochSchema,
  '0008-guessing': guessingSchema,
  '0009-consent-covers': consentCoversSchema,
  '0010-app-owners': appOwnersSchema,
  '0011-codes-have-tags': codesHaveTagsSchema,
  '0012-codes-know-what-was-asked': codesKnowWhatWasAskedSchema,
  '0014-count-grants': countGrantsSchema,
  '0015-feed-followers': feedFollowersSchema,
  '0016-id-tokens': idTokensSchema,
  '0017-verified-addresses': verifiedAddressesSchema,
  '0018-secrets-once': secretsOnceSchema,
}

export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS)

export function migrationsFor(dialect: Dialect): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, statements]) => [
      name,
      { up: (db: Kysely<unknown>) => runAll(db, statements(dialect)) },
    ]),
  )
}

async function runAll(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const text of statements) await sql.raw(text).execute(db)
}
