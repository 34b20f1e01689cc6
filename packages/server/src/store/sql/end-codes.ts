// Takes away the codes of whoever is ended before their redemption could open a grant. It must come before the grants
// are ended: it waits for a redemption that is under way, whose grant is then there to be found and ended.

import { type Expression, type SqlBool, sql } from 'kysely'
import type { ClientId, UserId } from '../../protocol/ids.ts'
import { statement } from './statement.ts'

interface Ending {
  readonly tenant: string
  readonly nowSeconds: number
}

/** By the clock of another node, or of an API, what has expired here may be good still. */
const CLOCK_TOLERANCE_SECONDS = 300

export function shortlyBefore(nowSeconds: number) {
  return sql<number>`cast(${nowSeconds} as bigint) - ${sql.lit(CLOCK_TOLERANCE_SECONDS)}`
}

/**
 * Finds them by their expiry, among those of the last minutes, so that a new code costs no index of its own. The
 * tenant stands in an expression because SQLite would else read all its codes, to the last day's.
 */
function areAlive(p: Ending): Expression<SqlBool> {
  return sql<SqlBool>`expires_at_seconds > ${shortlyBefore(p.nowSeconds)}
    and tenant || '' = ${p.tenant} and redeemed_at_seconds is null`
}

export const endCodesOfUser = statement((db, p: Ending & { userId: UserId }) =>
  db.deleteFrom('codes').where(areAlive(p)).where('userId', '=', p.userId),
)

export const endCodesOfClient = statement((db, p: Ending & { id: ClientId }) =>
  db.deleteFrom('codes').where(areAlive(p)).where('clientId', '=', p.id),
)

type ToClient = Ending & { userId: UserId; clientId: ClientId }

export const endCodesToClient = statement((db, p: ToClient) =>
  db
    .deleteFrom('codes')
    .where(areAlive(p))
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId),
)

export const endCodesToClientIn = statement((db, p: ToClient & { organisationId: string | null }) =>
  db
    .deleteFrom('codes')
    .where(areAlive(p))
    .where('userId', '=', p.userId)
    .where('clientId', '=', p.clientId)
    .where('organisationId', 'is not distinct from', p.organisationId),
)
