// The grant behind a refresh token, as its statements need it.

import { expressionBuilder, sql } from 'kysely'
import type { GrantId } from '../../protocol/ids.ts'
import type { GrantRecord, RefreshTokenRecord } from '../records.ts'
import { GRANT } from './columns.ts'
import { clientTagIsCurrent, userTagIsCurrent } from './current-tags.ts'
import { picker } from './row-functions.ts'
import type { Database } from './schema.ts'
import { statement } from './statement.ts'

/** Condition in the guard of an update: the grant has not been ended, nor what its tokens hang on. */
export function grantIsLive() {
  const eb = expressionBuilder<Database, 'refreshTokens'>()
  return eb.exists(
    eb
      .selectFrom('grants')
      .whereRef('grants.tenant', '=', 'refreshTokens.tenant')
      .whereRef('grants.id', '=', 'refreshTokens.grantId')
      .where('grants.revokedAtSeconds', 'is', null)
      .where(grantHasCurrentTags())
      .select('grants.id'),
  )
}

/** Condition on a row of `grants`, which is that of an app. */
function grantHasCurrentTags() {
  const eb = expressionBuilder<Database, 'grants'>()
  const tenant = eb.ref('grants.tenant')
  const [clientId, clientTag] = [eb.ref('grants.clientId'), eb.ref('grants.clientTag')]
  const [userId, userTag] = [eb.ref('grants.userId'), eb.ref('grants.userTag')]
  return eb.and([
    clientTagIsCurrent({ tenant, clientId, clientTag }),
    // Only where there is no user, there is no tag.
    eb.or([eb('grants.userTag', 'is', null), userTagIsCurrent({ tenant, userId, userTag })]),
  ])
}

/** Whether a grant that is read gives anything more: its row may be the last to learn that it does not. */
export const GRANT_IS_CURRENT =
  sql<number>`case when ${grantHasCurrentTags()} then 1 else 0 end`.as('isCurrent')

/** The columns of a grant that its tokens do not share. */
export const GRANT_BESIDE_TOKEN = [
  'grants.userId',
  'grants.clientTag',
  'grants.userTag',
  'grants.organisationId',
  'grants.unitId',
  'grants.scopes',
  'grants.audience',
  'grants.authTimeSeconds',
  'grants.createdAtSeconds',
  'grants.revokedAtSeconds',
] as const

const pickGrant = picker(GRANT, 'id')

/** The grant in a row that joins both. */
export function grantOf(row: Omit<GrantRecord, 'id'> & { readonly grantId: GrantId }): GrantRecord {
  return pickGrant(row, { id: row.grantId })
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
