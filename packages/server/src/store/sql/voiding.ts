// What makes an access token void before it expires.

import { type Expression, expressionBuilder } from 'kysely'
import type { GrantId } from '../../protocol/ids.ts'
import type { RevocationRecord } from '../records.ts'
import type { Database } from './schema.ts'

/** Each a value, or a column of the statement that asks. */
interface Facts {
  readonly tenant: string | Expression<string>
  readonly grantId: GrantId | Expression<GrantId>
  readonly clientId: string | Expression<string>
  readonly userId: string | null | Expression<string | null>
  readonly issuedAtSeconds: number | Expression<number>
}

/**
 * A grant that is over has no valid token, whatever a clock that was ahead wrote into it; clients and users go on, so
 * theirs are void up to a moment. Each part finds its row by a key: an OR of rows would read the tenant's whole feed.
 */
export function isVoid({ tenant, grantId, clientId, userId, issuedAtSeconds }: Facts) {
  const eb = expressionBuilder<Database>()
  const lineOf = (kind: RevocationRecord['kind'], subject: Facts['userId']) =>
    eb
      .selectFrom('revocations')
      .where('revocations.tenant', '=', tenant)
      .where('revocations.kind', '=', kind)
      .where('revocations.subject', '=', subject)
      .select('revocations.sequence')
  const endedGrant = eb
    .selectFrom('grants')
    .where('grants.tenant', '=', tenant)
    .where('grants.id', '=', grantId)
    .where('grants.revokedAtSeconds', 'is not', null)
    .select('grants.id')
  return eb.or([
    eb.exists(endedGrant),
    eb.exists(lineOf('grant', grantId)),
    eb.exists(
      lineOf('client', clientId).where('revocations.issuedUntilSeconds', '>=', issuedAtSeconds),
    ),
    eb.exists(
      lineOf('user', userId).where('revocations.issuedUntilSeconds', '>=', issuedAtSeconds),
    ),
    eb.exists(lineOf('tenant', '').where('revocations.issuedUntilSeconds', '>=', issuedAtSeconds)),
  ])
}
