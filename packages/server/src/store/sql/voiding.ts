// What makes an access token void before it expires.

import { type Expression, expressionBuilder } from 'kysely'
import type { GrantId } from '../../protocol/ids.ts'
import type { RevocationRecord } from '../records.ts'
import type { Database } from './schema.ts'

type Text = string | Expression<string>

/** Each a value, or a column of the statement that asks. */
interface Facts {
  readonly tenant: Text
  readonly grantId: GrantId | Expression<GrantId>
  /** What a line about the app or the user is keyed by: the tag, or the id where the token has none. */
  readonly clientKey: Text
  readonly userKey: Text | null | Expression<string | null>
  readonly issuedAtSeconds: number | Expression<number>
}

function lineOf(tenant: Text, kind: RevocationRecord['kind'], subject: Facts['userKey']) {
  return expressionBuilder<Database>()
    .selectFrom('revocations')
    .where('revocations.tenant', '=', tenant)
    .where('revocations.kind', '=', kind)
    .where('revocations.subject', '=', subject)
    .select('revocations.sequence')
}

/**
 * A grant that is over has no valid token, whatever a clock that was ahead wrote into it, and neither has a former tag,
 * whose line has no bound. Lines about an id, or about the whole tenant, speak of tokens up to a moment. Each part finds
 * its row by a key: an OR of rows would read the tenant's whole feed.
 */
export function isVoid({ tenant, grantId, clientKey, userKey, issuedAtSeconds }: Facts) {
  const eb = expressionBuilder<Database>()
  const endedGrant = eb
    .selectFrom('grants')
    .where('grants.tenant', '=', tenant)
    .where('grants.id', '=', grantId)
    .where(({ eb: its, or, and, not, exists, selectFrom }) =>
      or([
        its('grants.revokedAtSeconds', 'is not', null),
        // What it was opened with is gone, and its turn to be ended has not come yet.
        and([
          its('grants.accessIdentifierId', 'is not', null),
          not(
            exists(
              selectFrom('accessIdentifiers')
                .whereRef('accessIdentifiers.tenant', '=', 'grants.tenant')
                .whereRef('accessIdentifiers.id', '=', 'grants.accessIdentifierId')
                .select('accessIdentifiers.id'),
            ),
          ),
        ]),
      ]),
    )
    .select('grants.id')
  const covers = (kind: 'client' | 'user' | 'tenant', subject: Facts['userKey']) =>
    eb.exists(
      lineOf(tenant, kind, subject).where('revocations.issuedUntilSeconds', '>=', issuedAtSeconds),
    )
  return eb.or([
    eb.exists(endedGrant),
    eb.exists(lineOf(tenant, 'grant', grantId)),
    covers('client', clientKey),
    covers('user', userKey),
    covers('tenant', ''),
  ])
}

/** Whether a grant gives nothing more, though it may not have been ended itself yet. */
export function hasFormerTag({
  tenant,
  clientTag,
  userTag,
}: {
  readonly tenant: Text
  readonly clientTag: Text
  readonly userTag: Expression<string | null>
}) {
  const eb = expressionBuilder<Database>()
  return eb.or([
    eb.exists(lineOf(tenant, 'client', clientTag)),
    eb.exists(lineOf(tenant, 'user', userTag)),
  ])
}
