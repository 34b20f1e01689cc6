// Application keys, and who they may name.

import type { ClientId, TokenHash, UserId } from '../../protocol/ids.ts'
import type {
  AccessIdentifierRecord,
  ApplicationKeyRecord,
  AuditEventRecord,
  TrustedIssuerRecord,
  UserRecord,
} from '../records.ts'
import type { AccessIdentifierEnding, ClientEnding } from './ending.ts'
import type { ByAge, Page } from './page.ts'

export interface ApplicationKeyStore {
  createApplicationKey(
    key: ApplicationKeyRecord,
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  /** A suspended or expired key is found and says so. */
  findApplicationKey(tenant: string, hash: TokenHash): Promise<ApplicationKeyRecord | null>
  listApplicationKeys(tenant: string, page?: Page<ByAge>): Promise<readonly ApplicationKeyRecord[]>
  recordApplicationKeyUse(tenant: string, id: ClientId, atSeconds: number): Promise<void>
  /** Ends every live grant of the key, and publishes each: their tokens may name the grant alone. */
  suspendApplicationKey(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>
  /** @returns false when it was not suspended. */
  resumeApplicationKey(tenant: string, id: ClientId, event?: AuditEventRecord): Promise<boolean>
  /** Ends a key as {@link suspendApplicationKey} does, and forgets it. */
  deleteApplicationKey(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>

  createAccessIdentifier(
    identifier: AccessIdentifierRecord,
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  /** With the user that it stands for; a disabled one is found and says so. */
  findAccessIdentifier(
    tenant: string,
    kind: AccessIdentifierRecord['kind'],
    hash: TokenHash,
  ): Promise<{ identifier: AccessIdentifierRecord; user: UserRecord } | null>
  listAccessIdentifiers(
    tenant: string,
    userId: UserId,
    page?: Page<ByAge>,
  ): Promise<readonly AccessIdentifierRecord[]>
  recordAccessIdentifierUse(tenant: string, id: string, atSeconds: number): Promise<void>
  /** Ends every live grant that was opened with it, publishes each, and forgets it. */
  deleteAccessIdentifier(input: AccessIdentifierEnding, event?: AuditEventRecord): Promise<boolean>

  createTrustedIssuer(
    issuer: TrustedIssuerRecord,
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  /** By the `iss` of its JWTs; a suspended one is found and says so. */
  findTrustedIssuer(tenant: string, issuer: string): Promise<TrustedIssuerRecord | null>
  findTrustedIssuerById(tenant: string, id: ClientId): Promise<TrustedIssuerRecord | null>
  listTrustedIssuers(tenant: string, page?: Page<ByAge>): Promise<readonly TrustedIssuerRecord[]>
  /** Ends every live grant that was opened with its JWTs, and publishes each. The issuer is their client. */
  suspendTrustedIssuer(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>
  /** @returns false when it was not suspended. */
  resumeTrustedIssuer(tenant: string, id: ClientId, event?: AuditEventRecord): Promise<boolean>
  /** Ends an issuer as {@link suspendTrustedIssuer} does, and forgets it with the identities that it vouched for. */
  deleteTrustedIssuer(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>
}
