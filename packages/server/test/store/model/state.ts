// What the model of the store remembers: plain arrays, searched from end to end.

import { MOST_LISTED } from '../../../src/store/limits.ts'
import type { SecretOfClient } from '../../../src/store/port/clients.ts'
import type { KnownCaller } from '../../../src/store/port/guessing.ts'
import type { ByAge, OneTimeId, Page } from '../../../src/store/port.ts'
import type {
  AccessIdentifierRecord,
  AccessTokenRecord,
  AllowanceUseRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  CodeRecord,
  ConsentRecord,
  GrantRecord,
  KeyRecord,
  MembershipRecord,
  OrganisationRecord,
  RefreshTokenRecord,
  RevocationRecord,
  SessionRecord,
  TrustedIssuerRecord,
  UnitRecord,
  UserRecord,
  VersionUseRecord,
} from '../../../src/store/records.ts'
import type { FollowerRow, GuessRow, LeaseRow } from '../../../src/store/sql/schema.ts'

export type Mutable<Record> = { -readonly [Field in keyof Record]: Record[Field] }

export interface State {
  clients: Mutable<ClientRecord>[]
  secrets: Mutable<ClientSecretRecord>[]
  revokedSecrets: SecretOfClient[]
  grants: (Mutable<GrantRecord> & {
    endsAtSeconds: number
    accessIdentifierId: string | null
    lastUsedAtSeconds: number | null
  })[]
  codes: Mutable<CodeRecord>[]
  refreshTokens: (Mutable<RefreshTokenRecord> & { answer: Answer | undefined })[]
  accessTokens: AccessTokenRecord[]
  consents: Mutable<ConsentRecord>[]
  oneTimeIds: OneTimeId[]
  revocations: (RevocationRecord & { tenant: string })[]
  sequences: Map<string, number>
  organisations: OrganisationRecord[]
  units: UnitRecord[]
  users: Mutable<UserRecord>[]
  memberships: MembershipRecord[]
  sessions: Mutable<SessionRecord>[]
  allowanceUses: Mutable<AllowanceUseRecord>[]
  versionUses: Mutable<VersionUseRecord>[]
  keys: Mutable<KeyRecord>[]
  applicationKeys: Mutable<ApplicationKeyRecord>[]
  accessIdentifiers: Mutable<AccessIdentifierRecord>[]
  trustedIssuers: Mutable<TrustedIssuerRecord>[]
  auditEvents: AuditEventRecord[]
  guesses: Mutable<GuessRow>[]
  knownCallers: KnownCaller[]
  followers: Mutable<FollowerRow>[]
  leases: LeaseRow[]
}

/** What a spent refresh token remembers. */
export interface Answer {
  readonly successorHash: string
  readonly fingerprint: string
  readonly expiresAtSeconds: number
  /** undefined once it was wiped. */
  sealed: string | undefined
}

export const emptyState = (): State => ({
  clients: [],
  secrets: [],
  revokedSecrets: [],
  grants: [],
  codes: [],
  refreshTokens: [],
  accessTokens: [],
  consents: [],
  oneTimeIds: [],
  revocations: [],
  sequences: new Map(),
  organisations: [],
  units: [],
  users: [],
  memberships: [],
  sessions: [],
  allowanceUses: [],
  versionUses: [],
  keys: [],
  applicationKeys: [],
  accessIdentifiers: [],
  trustedIssuers: [],
  auditEvents: [],
  guesses: [],
  knownCallers: [],
  followers: [],
  leases: [],
})

/** Whether a record has these values. */
export const like =
  (values: Readonly<Record<string, string | number | null | undefined>>) =>
  (record: object): boolean =>
    Object.entries(values).every(([field, value]) => Reflect.get(record, field) === value)

/** Orders by these numbers or texts, the first that differs decides. */
export const by =
  <Record>(...keys: ((record: Record) => number | string)[]) =>
  (a: Record, b: Record): number => {
    for (const key of keys) {
      const [left, right] = [key(a), key(b)]
      if (left !== right) return left < right ? -1 : 1
    }
    return 0
  }

/** The part of a list that comes after an item, in an order that tells all items apart. */
export function partOf<Item extends Key, Key>(
  items: readonly Item[],
  order: (a: Key, b: Key) => number,
  { limit, after }: Page<Key> = { limit: MOST_LISTED },
): Item[] {
  const sorted = items.toSorted(order)
  return sorted.filter((item) => after === undefined || order(item, after) > 0).slice(0, limit)
}

const oldestFirst = by<ByAge>(
  (item) => item.createdAtSeconds,
  (item) => item.id,
)

export const newestFirst = (a: ByAge, b: ByAge) => oldestFirst(b, a)

/** The oldest first. */
export function pageOf<Item extends ByAge>(items: readonly Item[], page?: Page<ByAge>): Item[] {
  return partOf(items, oldestFirst, page)
}

export function lastDayOf(uses: readonly { readonly day: string }[]): string {
  return (
    uses
      .map(({ day }) => day)
      .toSorted()
      .at(-1) ?? ''
  )
}

export function removeWhere<Record>(records: Record[], is: (record: Record) => boolean): number {
  const kept = records.filter((record) => !is(record))
  const removed = records.length - kept.length
  records.splice(0, records.length, ...kept)
  return removed
}
