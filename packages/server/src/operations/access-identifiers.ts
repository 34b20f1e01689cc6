// What stands for a user in the exchange of an application key or an identity JWT: authentication codes, identifiers
// with pass codes, and links to the subjects of trusted issuers.

import {
  digestOfWeakCode,
  hashOfCode,
  hashOfIdentifier,
  hashOfIdentity,
  isWeakCode,
} from '../identity/access-identifiers.ts'
import { hashPassword, MAX_PASSWORD_CODE_POINTS } from '../identity/passwords.ts'
import { newId, newSecret } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import type { AccessIdentifierRecord, UserRecord } from '../store/records.ts'
import { walk } from '../store/walk.ts'
import { endingNow } from '../tokens/ending.ts'
import { eventOf, type OperationContext, refusal, refuseIfAny } from './operation.ts'
import { requireTrustedIssuer } from './trusted-issuers.ts'
import { requireUser } from './users.ts'

const HINT_LENGTH = 4
/** One that is in the field already; those that we make have 256 random bits. */
const MIN_CODE_LENGTH = 8
/** A pass code is good for nothing without an application key, and is locked after a few wrong tries. */
const MIN_PASS_CODE_LENGTH = 4
const MAX_LENGTH = MAX_PASSWORD_CODE_POINTS

export interface CodeContext extends OperationContext {
  /** Of the tenant's weak codes. */
  readonly codeSealer: Sealer
}

/** An access identifier as lists show it. */
export type AccessIdentifierView = Omit<AccessIdentifierRecord, 'hash' | 'passCodeHash'> & {
  /** A code that is short enough to be guessed: better replaced by one that we make. */
  readonly weak: boolean
}

/** @throws OperationError */
export async function addAuthenticationCode(
  input: {
    readonly username: string
    /** One that is in the field already; made when not given. */
    readonly code?: string | undefined
  },
  context: CodeContext,
): Promise<{ readonly identifier: AccessIdentifierView; readonly code: string }> {
  const code = input.code ?? newSecret('ost_uc')
  refuseIfAny(checkLength('code', code, MIN_CODE_LENGTH))
  const user = await requireUser(input.username, context)
  const identifier = newRecord(user, context, {
    kind: 'authentication_code',
    ...(isWeakCode(code)
      ? {
          hash: digestOfWeakCode(code, context.codeSealer),
          // Its last four characters would be half of a code of eight.
          hint: '',
          passCodeHash: await hashPassword(code),
        }
      : { hash: hashOfCode(code), hint: code.slice(-HINT_LENGTH) }),
  })
  return { identifier: await save(identifier, context), code }
}

/** @throws OperationError */
export async function addIdentifier(
  input: {
    readonly username: string
    readonly identifier: string
    readonly passCode: string
  },
  context: OperationContext,
): Promise<AccessIdentifierView> {
  const identifier = input.identifier.trim()
  refuseIfAny([
    ...checkLength('identifier', identifier, 1),
    ...checkLength('passCode', input.passCode, MIN_PASS_CODE_LENGTH),
  ])
  const user = await requireUser(input.username, context)
  const hash = hashOfIdentifier(identifier)
  const record = newRecord(user, context, {
    kind: 'identifier',
    hash,
    hint: identifier.slice(-HINT_LENGTH),
    passCodeHash: await hashPassword(input.passCode),
  })
  return save(record, context)
}

/** Lets the JWTs of a trusted issuer with this subject stand for the user. @throws OperationError */
export async function linkIdentity(
  input: {
    readonly username: string
    /** Its id, or the `iss` of its JWTs. */
    readonly issuer: string
    readonly subject: string
  },
  context: OperationContext,
): Promise<AccessIdentifierView> {
  const { subject } = input
  refuseIfAny(checkLength('subject', subject, 1))
  const user = await requireUser(input.username, context)
  const { id } = await requireTrustedIssuer(input.issuer, context)
  const record = newRecord(user, context, {
    kind: 'identity',
    hash: hashOfIdentity(id, subject),
    // No secret: people look for it as it is.
    hint: subject,
    trustedIssuerId: id,
  })
  return save(record, context)
}

/** @throws OperationError when there is no such user */
export async function* listAccessIdentifiers(
  { username }: { readonly username: string },
  context: OperationContext,
): AsyncGenerator<AccessIdentifierView> {
  const { tenant, store } = context
  const user = await requireUser(username, context)
  const identifiers = walk((page) => store.listAccessIdentifiers(tenant.name, user.id, page))
  for await (const identifier of identifiers) yield viewOf(identifier)
}

/** Ends every token that was given for it, at once and everywhere. @throws OperationError */
export async function removeAccessIdentifier(
  { identifierId }: { readonly identifierId: string },
  context: OperationContext,
): Promise<void> {
  const ending = { ...endingNow(context), id: identifierId }
  const target = `access_identifier:${identifierId}`
  const event = eventOf(context, 'access_identifier.removed', target)
  const removed = await context.store.deleteAccessIdentifier(ending, event)
  if (!removed) throw refusal('identifier', `"${identifierId}" does not exist`)
}

type Particulars = Pick<AccessIdentifierRecord, 'kind' | 'hash' | 'hint'> &
  Partial<Pick<AccessIdentifierRecord, 'passCodeHash' | 'trustedIssuerId'>>

function newRecord(
  user: UserRecord,
  { tenant, clock }: OperationContext,
  particulars: Particulars,
): AccessIdentifierRecord {
  return {
    tenant: tenant.name,
    id: newId(tenant.rules.formats.accessIdentifierId),
    userId: user.id,
    passCodeHash: null,
    trustedIssuerId: null,
    ...particulars,
    createdAtSeconds: clock.nowSeconds(),
    lastUsedAtSeconds: null,
  }
}

async function save(
  record: AccessIdentifierRecord,
  context: OperationContext,
): Promise<AccessIdentifierView> {
  const event = eventOf(context, 'access_identifier.added', `access_identifier:${record.id}`)
  const outcome = await context.store.createAccessIdentifier(record, event)
  if (outcome === 'exists') throw refusal(NAMES[record.kind], 'stands for somebody already')
  return viewOf(record)
}

const NAMES = {
  authentication_code: 'code',
  identifier: 'identifier',
  identity: 'subject',
} as const

function viewOf({ hash: _, passCodeHash, ...view }: AccessIdentifierRecord): AccessIdentifierView {
  return { ...view, weak: view.kind === 'authentication_code' && passCodeHash !== null }
}

function checkLength(field: string, text: string, minimum: number) {
  const length = [...text].length
  if (length > 0 && text.trim() === '') return [{ field, problem: 'is blank' }]
  if (length < minimum) {
    const problem = length === 0 ? 'is empty' : `has fewer than ${minimum} characters`
    return [{ field, problem }]
  }
  if (length <= MAX_LENGTH) return []
  return [{ field, problem: `has more than ${MAX_LENGTH} characters` }]
}
