// What a transaction ends with when it opens a grant: the grant, and the tokens that it gives at once.

import type { NewTokens } from '../port.ts'
import type { GrantRecord } from '../records.ts'
import { insertAccessToken } from './access-tokens.ts'
import { TABLES, valuesOf } from './columns.ts'
import { call, type StatementCall } from './plan.ts'
import { insertRefreshToken, newRefreshToken } from './refresh-tokens.ts'
import type { GrantRow } from './schema.ts'
import { statement } from './statement.ts'

interface Opening {
  readonly tokens: NewTokens
  /** When the last of the tokens expires. */
  readonly endsAtSeconds: number
  /** Set when it stood for the user. */
  readonly accessIdentifierId?: string | null
}

const insertGrant = statement((db, p: GrantRow) =>
  db.insertInto('grants').values(valuesOf(TABLES.grants, p)),
)

export function openingOf(
  grant: GrantRecord,
  { tokens, endsAtSeconds, accessIdentifierId = null }: Opening,
): StatementCall[] {
  const { accessToken, refreshToken } = tokens
  const lastUsedAtSeconds = refreshToken?.issuedAtSeconds ?? null
  const row = { ...grant, endsAtSeconds, accessIdentifierId, lastUsedAtSeconds }
  return [
    call(insertGrant, row),
    ...(refreshToken ? [call(insertRefreshToken, newRefreshToken(refreshToken))] : []),
    ...(accessToken ? [call(insertAccessToken, accessToken)] : []),
  ]
}
