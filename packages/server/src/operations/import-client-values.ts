// What a row of a file says of an app: its columns, what they may hold, and how they are read.

import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import { ALLOWANCE_NAMES, type Allowance } from '../protocol/allowance.ts'
import type { TokenHash } from '../protocol/ids.ts'
import { ID_TOKEN_ALGORITHMS } from '../protocol/policy.ts'
import type { ClientRecord, ClientSecretRecord } from '../store/records.ts'
import { checkAllowances } from './allowances.ts'
import type { NewClient } from './client-input.ts'
import { readAllowances } from './import-allowances.ts'
import { type ImportRow, readValues, type ValuesOf } from './import-rows.ts'
import type { FieldProblem, OperationContext } from './operation.ts'

export const CLIENT_COLUMNS = {
  id: 'text',
  name: 'text',
  type: 'text',
  secret: 'text',
  secret_hash: 'text',
  redirect_uris: 'list',
  post_logout_redirect_uris: 'list',
  grants: 'list',
  scopes: 'list',
  default_scopes: 'list',
  default_audience: 'text',
  resource_server: 'text',
  first_party: 'flag',
  require_pkce: 'flag',
  refresh_policy: 'text',
  id_token_signed_response_alg: 'text',
  id_token_profile: 'flag',
  organisation: 'text',
  unit: 'text',
  publisher: 'text',
  homepage: 'text',
  privacy_uri: 'text',
  terms_uri: 'text',
  allowances: 'objects',
} as const

/** Fields of {@link NewClient} that have another name than their column. */
export const COLUMN_OF = {
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  grantTypes: 'grants',
  defaultScopes: 'default_scopes',
  defaultAudience: 'default_audience',
  resourceServer: 'resource_server',
  requirePkce: 'require_pkce',
  refreshPolicy: 'refresh_policy',
  organisationId: 'organisation',
  unitId: 'unit',
  privacyUri: 'privacy_uri',
  termsUri: 'terms_uri',
  allowance: 'allowances name',
  owner: 'allowances owner',
  reason: 'allowances reason',
  until: 'allowances until',
} as const

export type ClientValues = ValuesOf<typeof CLIENT_COLUMNS>

/** What is wrong with the values by themselves, whatever else the app has. */
export function checkClientValues(
  values: ClientValues,
  context: OperationContext,
): readonly FieldProblem[] {
  return [...checkWords(values), ...checkSecret(values), ...checkLegacy(values, context)]
}

export function toInput(values: ClientValues): NewClient {
  const isConfidential = values.type === undefined ? hasSecret(values) : values.type !== 'public'
  return {
    id: values.id,
    name: values.name ?? '',
    type: isConfidential ? 'confidential' : 'public',
    party: values.first_party ? 'first' : 'third',
    organisationId: values.organisation,
    unitId: values.unit,
    redirectUris: values.redirect_uris,
    postLogoutRedirectUris: values.post_logout_redirect_uris,
    grantTypes: values.grants,
    scopes: values.scopes,
    defaultScopes: values.default_scopes,
    defaultAudience: values.default_audience,
    resourceServer: values.resource_server,
    requirePkce: values.require_pkce,
    refreshPolicy: REFRESH_POLICIES.find((policy) => policy === values.refresh_policy),
    idTokenAlgorithm: ID_TOKEN_ALGORITHMS.find(
      (algorithm) => algorithm === values.id_token_signed_response_alg,
    ),
    idTokenProfile: values.id_token_profile,
    allowances: allowancesOf(values).allowances,
    publisher: values.publisher,
    homepage: values.homepage,
    privacyUri: values.privacy_uri,
    termsUri: values.terms_uri,
  }
}

const TYPES: readonly ClientRecord['type'][] = ['confidential', 'public']
const REFRESH_POLICIES: readonly ClientRecord['refreshPolicy'][] = ['rotate', 'stable']

function checkWords(values: ClientValues): FieldProblem[] {
  const words: Readonly<Record<string, readonly string[]>> = {
    type: TYPES,
    refresh_policy: REFRESH_POLICIES,
    id_token_signed_response_alg: ID_TOKEN_ALGORITHMS,
  }
  const given: Readonly<Record<string, unknown>> = values
  return Object.entries(words).flatMap(([field, possible]) => {
    const word = given[field]
    if (word === undefined || possible.includes(String(word))) return []
    return [{ field, problem: `is neither ${possible.join(' nor ')}` }]
  })
}

export function allowancesOf({ allowances = [] }: ClientValues) {
  return readAllowances(allowances)
}

/** Which of them the rows give to anybody. */
export function allowancesIn(rows: readonly ImportRow[]): readonly Allowance[] {
  const given = rows.flatMap((row) => {
    if ('problem' in row) return []
    return allowancesOf(readValues(row, CLIENT_COLUMNS).values).allowances
  })
  return ALLOWANCE_NAMES.filter((name) => given.some((allowance) => allowance.name === name))
}

function checkLegacy(values: ClientValues, context: OperationContext): readonly FieldProblem[] {
  const { allowances, problems } = allowancesOf(values)
  return problems.length > 0 ? problems : checkAllowances(allowances, context)
}

export function hasSecret({ secret, secret_hash: hash }: ClientValues): boolean {
  return secret !== undefined || hash !== undefined
}

const MAX_SECRET_LENGTH = 512

function checkSecret(values: ClientValues): FieldProblem[] {
  const { type, secret, secret_hash: hash } = values
  if (!hasSecret(values)) {
    const problem = 'is missing: a confidential app has one, give it or secret_hash'
    return type === 'confidential' ? [{ field: 'secret', problem }] : []
  }
  const field = secret === undefined ? 'secret_hash' : 'secret'
  if (type === 'public') return [{ field, problem: 'is not for a public app: leave it out' }]
  if (secret !== undefined && hash !== undefined) {
    return [{ field, problem: 'is given beside secret_hash: give one of the two' }]
  }
  const problem = secret === undefined ? problemOfHash(hash ?? '') : problemOfSecret(secret)
  return problem === undefined ? [] : [{ field, problem }]
}

function problemOfSecret(secret: string): string | undefined {
  // RFC 6749 §A.2: printable ASCII.
  if (!/^[ -~]+$/.test(secret)) {
    return 'has characters other than printable ASCII: no app can send them'
  }
  if (secret.trim() === '') return 'is blank: everybody has that one'
  return secret.length > MAX_SECRET_LENGTH
    ? `has more than ${MAX_SECRET_LENGTH} characters`
    : undefined
}

function problemOfHash(text: string): string | undefined {
  const hash = readHash(text)
  if (hash === undefined) return 'is not SHA-256: give 64 hexadecimal digits, or 43 of base64url'
  return HASHES_OF_BLANK.has(hash) ? 'is that of a blank secret: everybody has that one' : undefined
}

/** What other systems stored for a secret that was never given, a cell of blanks among them. */
const HASHES_OF_BLANK: ReadonlySet<TokenHash> = new Set(
  Array.from({ length: 65 }, (_, length) => sha256(' '.repeat(length))),
)

/** SHA-256 in the form in which the store has it, base64url. */
function readHash(text: string): TokenHash | undefined {
  const [, digits = ''] = /^(?:sha256:)?(.+)$/.exec(text) ?? []
  if (/^[0-9a-f]{64}$/i.test(digits)) return toHash(Buffer.from(digits, 'hex'))
  return /^[\w-]{43}=?$/.test(digits) ? toHash(Buffer.from(digits, 'base64url')) : undefined
}

function toHash(bytes: Buffer): TokenHash {
  return bytes.toString('base64url') as TokenHash
}

const HINT_LENGTH = 4
/** Of a shorter one, a hint would give away too much. */
const MIN_LENGTH_FOR_HINT = 20

export function hashOfSecret({ secret = '', secret_hash: hash = '' }: ClientValues) {
  return secret === '' ? readHash(hash) : sha256(secret)
}

export function toSecret(
  values: ClientValues,
  client: ClientRecord,
): ClientSecretRecord | undefined {
  const { secret = '' } = values
  const known = hashOfSecret(values)
  if (known === undefined) return undefined
  return {
    tenant: client.tenant,
    id: newId(),
    clientId: client.id,
    name: 'imported',
    hash: known,
    hint: secret.length < MIN_LENGTH_FOR_HINT ? '' : secret.slice(-HINT_LENGTH),
    createdAtSeconds: client.createdAtSeconds,
    expiresAtSeconds: null,
    lastUsedAtSeconds: null,
  }
}
