// Plans about opaque access tokens; JWTs are not stored.

import type { TokenHash } from '../../protocol/ids.ts'
import type { AccessTokenRecord } from '../records.ts'
import { ACCESS_TOKEN, columnsOf, valuesOf } from './columns.ts'
import { first, type Plan, run } from './plan.ts'
import { statement } from './statement.ts'
import { isVoid } from './voiding.ts'

export const insertAccessToken = statement((db, p: AccessTokenRecord) =>
  db.insertInto('accessTokens').values(valuesOf(ACCESS_TOKEN, p)),
)

export function* saveAccessToken(token: AccessTokenRecord): Plan<void> {
  yield* run(insertAccessToken, token)
}

const selectAccessToken = statement(
  (db, p: { tenant: string; hash: TokenHash; nowSeconds: number }) =>
    db
      .selectFrom('accessTokens')
      .where('tenant', '=', p.tenant)
      .where('hash', '=', p.hash)
      .where('expiresAtSeconds', '>', p.nowSeconds)
      .where(({ not, ref, fn }) =>
        not(
          isVoid({
            tenant: p.tenant,
            grantId: ref('accessTokens.grantId'),
            clientKey: fn.coalesce('accessTokens.clientTag', 'accessTokens.clientId'),
            userKey: fn.coalesce('accessTokens.userTag', 'accessTokens.userId'),
            issuedAtSeconds: ref('accessTokens.issuedAtSeconds'),
          }),
        ),
      )
      .select(columnsOf(ACCESS_TOKEN)),
)

export function* findAccessToken(
  tenant: string,
  hash: TokenHash,
  nowSeconds: number,
): Plan<AccessTokenRecord | null> {
  return (yield* first(selectAccessToken, { tenant, hash, nowSeconds })) ?? null
}
