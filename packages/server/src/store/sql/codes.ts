// Plans about codes. A code holds what its grant will be, and its redemption opens that grant: so a code that nobody
// redeems is a single row, of which no list and no ending of grants has to know.

import { expressionBuilder } from 'kysely'
import type { ClientId, TokenHash } from '../../protocol/ids.ts'
import type { GrantStore } from '../port.ts'
import type { CodeRecord, GrantRecord } from '../records.ts'
import { endOldest, firstBeyond } from './bound-grants.ts'
import { CODE, columnsOf, valuesOf } from './columns.ts'
import { tagsAreCurrent } from './current-tags.ts'
import { openingOf } from './opening.ts'
import { finishWith, first, type Plan } from './plan.ts'
import type { Database } from './schema.ts'
import { statement } from './statement.ts'

type Input = Parameters<GrantStore['redeemCode']>[0]
type Refusal = 'already_redeemed' | 'expired' | 'unknown'
type CodeKey = { tenant: string; hash: TokenHash }

export const insertCode = statement((db, p: CodeRecord) =>
  db.insertInto('codes').values(valuesOf(CODE, p)),
)

const selectCode = statement((db, p: CodeKey) =>
  db
    .selectFrom('codes')
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .select(columnsOf(CODE)),
)

export function* findCode(tenant: string, hash: TokenHash): Plan<CodeRecord | null> {
  return (yield* first(selectCode, { tenant, hash })) ?? null
}

function codeHasCurrentTags() {
  const { ref } = expressionBuilder<Database, 'codes'>()
  return tagsAreCurrent({
    tenant: ref('codes.tenant'),
    clientId: ref('codes.clientId'),
    clientTag: ref('codes.clientTag'),
    userId: ref('codes.userId'),
    userTag: ref('codes.userTag'),
  })
}

const spendCode = statement((db, p: CodeKey & { clientId: ClientId; nowSeconds: number }) =>
  db
    .updateTable('codes')
    .set({ redeemedAtSeconds: p.nowSeconds })
    .where('tenant', '=', p.tenant)
    .where('hash', '=', p.hash)
    .where('clientId', '=', p.clientId)
    .where('redeemedAtSeconds', 'is', null)
    .where('expiresAtSeconds', '>', p.nowSeconds)
    .where(codeHasCurrentTags())
    .where(({ eb, or, exists, selectFrom }) =>
      or([
        eb('sessionHash', 'is', null),
        exists(
          selectFrom('sessions')
            .whereRef('sessions.tenant', '=', 'codes.tenant')
            .whereRef('sessions.hash', '=', 'codes.sessionHash')
            .select('sessions.id'),
        ),
      ]),
    )
    .returning([...columnsOf(CODE), firstBeyond().as('beyond')]),
)

export function* redeemCode(input: Input): Plan<'redeemed' | Refusal> {
  const spent = yield* first(spendCode, input)
  if (spent === undefined) return yield* explainRefusal(input)
  if (spent.beyond !== null) yield* endOldest({ ...spent, nowSeconds: input.nowSeconds })
  yield* finishWith(openingOf(grantOf(spent), input))
  return 'redeemed'
}

/** As the user allowed it. */
function grantOf(code: CodeRecord): GrantRecord {
  return {
    tenant: code.tenant,
    id: code.grantId,
    clientId: code.clientId,
    userId: code.userId,
    clientTag: code.clientTag,
    userTag: code.userTag,
    organisationId: code.organisationId,
    unitId: code.unitId,
    scopes: code.scopes,
    audience: code.audience,
    authTimeSeconds: code.authTimeSeconds,
    createdAtSeconds: code.issuedAtSeconds,
    revokedAtSeconds: null,
  }
}

function* explainRefusal(input: Input): Plan<Refusal> {
  const code = yield* first(selectCode, input)
  if (code === undefined || code.clientId !== input.clientId) return 'unknown'
  // A code whose session, app or user has ended has expired with it.
  return code.redeemedAtSeconds === null ? 'expired' : 'already_redeemed'
}
