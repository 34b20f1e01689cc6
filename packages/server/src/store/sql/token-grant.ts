// The grant behind a refresh token, as its statements need it.

import { expressionBuilder } from 'kysely'
import type { GrantId } from '../../protocol/ids.ts'
import type { GrantRecord, RefreshTokenRecord } from '../records.ts'
import { GRANT, pick } from './columns.ts'
import type { Database } from './schema.ts'
import { statement } from './statement.ts'

/** Condition in the guard of an update: the grant has not been ended. */
export function grantIsLive() {
  const eb = expressionBuilder<Database, 'refreshTokens'>()
  return eb.exists(
    eb
      .selectFrom('grants')
      .whereRef('grants.tenant', '=', 'refreshTokens.tenant')
      .whereRef('grants.id', '=', 'refreshTokens.grantId')
      .where('grants.revokedAtSeconds', 'is', null)
      .select('grants.id'),
  )
}

/** The columns of a grant that its tokens do not share. */
export const GRANT_BESIDE_TOKEN = [
  'grants.userId',
  'grants.organisationId',
  'grants.unitId',
  'grants.scopes',
  'grants.audience',
  'grants.authTimeSeconds',
  'grants.createdAtSeconds',
  'grants.revokedAtSeconds',
] as const

/** The grant in a row that joins both. */
export function grantOf(row: Omit<GrantRecord, 'id'> & { readonly grantId: GrantId }): GrantRecord {
  return pick(GRANT, { ...row, id: row.grantId })
}

/** For people, to the hour: a grant that is used all the time is not written all the time. */
const USE_RESOLUTION_SECONDS = 3600

interface GrantUse {
  readonly tenant: string
  readonly grantId: GrantId
  readonly atSeconds: number
  readonly dueBeforeSeconds: number
}

export const noteGrantUse = statement((db, p: GrantUse) =>
  db
    .updateTable('grants')
    .set({ lastUsedAtSeconds: p.atSeconds })
    .where('tenant', '=', p.tenant)
    .where('id', '=', p.grantId)
    .where((eb) =>
      eb.or([
        eb('lastUsedAtSeconds', 'is', null),
        eb('lastUsedAtSeconds', '<=', p.dueBeforeSeconds),
      ]),
    ),
)

/** The use that gives a refresh token. */
export function useOf({
  tenant,
  grantId,
  issuedAtSeconds: atSeconds,
}: RefreshTokenRecord): GrantUse {
  return { tenant, grantId, atSeconds, dueBeforeSeconds: atSeconds - USE_RESOLUTION_SECONDS }
}
