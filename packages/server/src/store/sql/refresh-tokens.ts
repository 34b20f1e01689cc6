// Plans about refresh tokens. The guard of a rotation stands in its UPDATE: whoever changes the row has won, and
// everybody else is told apart afterwards, from the row as the winner left it (RFC 9700 §4.14.2).

import type { TokenHash } from '../../protocol/ids.ts'
import type { GrantStore, RotateInput, RotateOutcome } from '../port.ts'
import type { GrantRecord, RefreshTokenRecord } from '../records.ts'
import { insertAccessToken } from './access-tokens.ts'
import { columnsIn, REFRESH_TOKEN, TABLES, valuesOf } from './columns.ts'
import { call, finishWith, first, type Plan } from './plan.ts'
import { revokeGrant } from './revocations.ts'
import { picker } from './row-functions.ts'
import type { RefreshTokenRow } from './schema.ts'
import { statement } from './statement.ts'
import {
  GRANT_BESIDE_TOKEN,
  GRANT_IS_CURRENT,
  grantIsLive,
  grantOf,
  noteGrantUse,
  useOf,
} from './token-grant.ts'

type TokenKey = { tenant: string; hash: TokenHash }

const spendRefreshToken = statement(
  (db, p: RotateInput & { successorHash: TokenHash; answerExpiresAtSeconds: number }) =>
    db
      .updateTable('refreshTokens')
      .set({
        rotatedAtSeconds: p.nowSeconds,
        successorHash: p.successorHash,
        fingerprint: p.fingerprint,
        sealedAnswer: p.sealedAnswer,
        answerExpiresAtSeconds: p.answerExpiresAtSeconds,
      })
      .where('tenant', '=', p.tenant)
      .where('hash', '=', p.hash)
      .where('clientId', '=', p.clientId)
      .where('rotatedAtSeconds', 'is', null)
      .where('expiresAtSeconds', '>', p.nowSeconds)
      .where('endsAtSeconds', '>', p.nowSeconds)
      .where(grantIsLive())
      .returning('grantId'),
)

export const insertRefreshToken = statement((db, p: RefreshTokenRow) =>
  db.insertInto('refreshTokens').values(valuesOf(TABLES.refreshTokens, p)),
)

export function newRefreshToken(token: RefreshTokenRecord): RefreshTokenRow {
  return {
    ...token,
    successorHash: null,
    fingerprint: null,
    sealedAnswer: null,
    answerExpiresAtSeconds: null,
  }
}

export function* rotateRefreshToken(input: RotateInput): Plan<RotateOutcome> {
  const spent = yield* first(spendRefreshToken, {
    ...input,
    successorHash: input.successor.hash,
    answerExpiresAtSeconds: input.nowSeconds + input.retryWindowSeconds,
  })
  if (spent === undefined) return yield* explainRefusal(input)
  const inserts = [call(insertRefreshToken, newRefreshToken(input.successor))]
  if (input.accessToken) inserts.push(call(insertAccessToken, input.accessToken))
  yield* finishWith([...inserts, call(noteGrantUse, useOf(input.successor))])
  return { outcome: 'rotated' }
}

/** The token with what its refusal hangs on: the state of its grant and of its successor. */
const selectSpent = statement((db, p: TokenKey) =>
  db
    .selectFrom('refreshTokens as spent')
    .innerJoin('grants', (join) =>
      join.onRef('grants.tenant', '=', 'spent.tenant').onRef('grants.id', '=', 'spent.grantId'),
    )
    .leftJoin('refreshTokens as successor', (join) =>
      join
        .onRef('successor.tenant', '=', 'spent.tenant')
        .onRef('successor.hash', '=', 'spent.successorHash'),
    )
    .where('spent.tenant', '=', p.tenant)
    .where('spent.hash', '=', p.hash)
    .select([
      'spent.clientId',
      'spent.grantId',
      'spent.rotatedAtSeconds',
      'spent.fingerprint',
      'spent.sealedAnswer',
      'spent.answerExpiresAtSeconds',
      'grants.revokedAtSeconds',
      GRANT_IS_CURRENT,
      'successor.hash as successorHash',
      'successor.rotatedAtSeconds as successorRotatedAtSeconds',
    ]),
)

function hasEnded(grant: { revokedAtSeconds: number | null; isCurrent: number }): boolean {
  return grant.revokedAtSeconds !== null || grant.isCurrent === 0
}

function* explainRefusal(input: RotateInput): Plan<RotateOutcome> {
  const token = yield* first(selectSpent, input)
  if (token === undefined) return { outcome: 'unknown' }
  if (token.clientId !== input.clientId) return { outcome: 'wrong_client' }
  if (hasEnded(token)) return { outcome: 'revoked' }
  if (token.rotatedAtSeconds === null) return { outcome: 'expired' }
  const successorUnused = token.successorHash !== null && token.successorRotatedAtSeconds === null
  const withinWindow = input.nowSeconds < (token.answerExpiresAtSeconds ?? 0)
  if (successorUnused && withinWindow && token.sealedAnswer !== null) {
    return token.fingerprint === input.fingerprint
      ? { outcome: 'retried', sealedAnswer: token.sealedAnswer }
      : { outcome: 'retry_differs' }
  }
  // Of several reuses at once, one ends the grant, and only that one tells of it.
  const ended = yield* revokeGrant({ ...input, grantId: token.grantId, event: input.reuseEvent })
  return ended === 'ended' ? { outcome: 'reused', grantId: token.grantId } : { outcome: 'revoked' }
}

type RenewInput = Parameters<GrantStore['renewRefreshToken']>[0]

const prolongRefreshToken = statement((db, p: RenewInput) =>
  db
    .updateTable('refreshTokens')
    .set({ expiresAtSeconds: p.expiresAtSeconds })
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .where('clientId', '=', p.clientId)
    .where('rotatedAtSeconds', 'is', null)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .where('endsAtSeconds', '>', p.nowSeconds)
    .where(grantIsLive())
    .returning('grantId'),
)

export function* renewRefreshToken(
  input: RenewInput,
): Plan<'renewed' | 'expired' | 'revoked' | 'unknown'> {
  const renewed = yield* first(prolongRefreshToken, input)
  if (renewed !== undefined) {
    if (input.accessToken) yield* finishWith([call(insertAccessToken, input.accessToken)])
    return 'renewed'
  }
  const token = yield* first(selectSpent, input)
  if (token === undefined || token.clientId !== input.clientId) return 'unknown'
  // A token that was rotated, before the client's policy changed, is as good as revoked.
  const ended = hasEnded(token) || token.rotatedAtSeconds !== null
  return ended ? 'revoked' : 'expired'
}

const selectRefreshToken = statement((db, p: TokenKey) =>
  db
    .selectFrom('refreshTokens')
    .innerJoin('grants', (join) =>
      join
        .onRef('grants.tenant', '=', 'refreshTokens.tenant')
        .onRef('grants.id', '=', 'refreshTokens.grantId'),
    )
    .where('refreshTokens.tenant', '=', p.tenant)
    .where('refreshTokens.hash', '=', p.hash)
    .select(columnsIn('refreshTokens', REFRESH_TOKEN))
    .select(GRANT_BESIDE_TOKEN)
    .select(GRANT_IS_CURRENT),
)

const pickRefreshToken = picker(REFRESH_TOKEN)

export function* findRefreshToken(
  tenant: string,
  hash: TokenHash,
): Plan<{ token: RefreshTokenRecord; grant: GrantRecord; grantIsLive: boolean } | null> {
  const row = yield* first(selectRefreshToken, { tenant, hash })
  if (row === undefined) return null
  return { token: pickRefreshToken(row, {}), grant: grantOf(row), grantIsLive: !hasEnded(row) }
}
