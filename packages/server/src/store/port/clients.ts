// Apps, their secrets, and what they used.

import type { CountedUse } from '../../protocol/allowance.ts'
import type { ClientId } from '../../protocol/ids.ts'
import type {
  AllowanceUseRecord,
  AuditEventRecord,
  ClientRecord,
  ClientSecretRecord,
  ClientWithSecrets,
} from '../records.ts'
import type { ClientEnding } from './ending.ts'
import type { ByAge, ById, Page } from './page.ts'

/** A change that is given an event stores it with itself, if it comes about; so do all changes of the port. */
export interface ClientStore {
  /** null when there is none; a disabled client is found and says so. What it gives is shared: nobody may change it. */
  findClient(tenant: string, id: ClientId): Promise<ClientWithSecrets | null>
  listClients(tenant: string, page?: Page<ByAge>): Promise<readonly ClientRecord[]>
  /** The apps that an organisation owns, the oldest first. */
  listClientsOfOrganisation(
    tenant: string,
    organisationId: string,
    page?: Page<ByAge>,
  ): Promise<readonly ClientRecord[]>
  /** Names of the apps in force that the operator vouches for: those of the product itself, and verified ones. */
  listVouchedNames(tenant: string, page?: Page<ById>): Promise<readonly VouchedName[]>
  createClient(
    client: ClientRecord,
    secret: ClientSecretRecord | null,
    event?: AuditEventRecord,
  ): Promise<'created' | 'exists'>
  /** Stores all of them, or none when an id is taken. @returns the positions of those; empty when all are stored. */
  importClients(
    clients: readonly ClientWithSecrets[],
    events?: readonly AuditEventRecord[],
  ): Promise<readonly number[]>
  /** Unless the app is gone or disabled, has {@link MOST_LIVE_SECRETS} that have not expired, or has or had this one. */
  addClientSecret(secret: ClientSecretRecord, event?: AuditEventRecord): Promise<AddSecretOutcome>
  /** Whether the app, or a former one with its id, had this secret until it was revoked or the app deleted. */
  isSecretRevoked(secret: SecretOfClient): Promise<boolean>
  /** For ever: no app with this id can have it again. @returns false when there was no such secret. */
  revokeClientSecret(
    secret: Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'id'>,
    event?: AuditEventRecord,
  ): Promise<boolean>
  recordSecretUse(
    secret: Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'id'>,
    atSeconds: number,
  ): Promise<void>
  recordClientUse(tenant: string, id: ClientId, atSeconds: number): Promise<void>
  /** Adds to the counts of their days. */
  addAllowanceUses(uses: readonly AllowanceUseRecord[]): Promise<void>
  /** How often one app has used each of its allowances in all. Not in parts: there are no more than have a name. */
  listAllowanceUses(input: {
    readonly tenant: string
    readonly clientId: ClientId
    /** `2026-11-21`: that day and later ones. */
    readonly fromDay: string
  }): Promise<readonly AllowanceUses[]>
  /**
   * Changes an app that is as it was read: when somebody else has changed, disabled or deleted it meanwhile, nothing
   * happens. Its id, age and last use stay.
   */
  updateClient(
    before: ClientRecord,
    after: ClientRecord,
    event?: AuditEventRecord,
  ): Promise<'updated' | 'outdated'>
  /** Disables the app, ends all its grants and publishes the revocation. */
  disableClient(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>
  /**
   * Ends an app as {@link disableClient} does, revokes its secrets, and forgets it and its consents. Its id is free at once: an
   * app that takes it has another tag, so that no token of the former one is mistaken for one of its own.
   */
  deleteClient(input: ClientEnding, event?: AuditEventRecord): Promise<boolean>
}

export type SecretOfClient = Pick<ClientSecretRecord, 'tenant' | 'clientId' | 'hash'>

/** `held`: the app has it, though it may have expired. */
export type AddSecretOutcome = 'added' | 'no_client' | 'full' | 'held' | 'revoked'

export interface VouchedName extends ById {
  readonly name: string
}

export interface AllowanceUses {
  readonly allowance: CountedUse
  readonly uses: number
  /** `2026-11-21`, UTC. */
  readonly lastDay: string
}

/** Grows whenever an app or one of its secrets changes, but not for a new app or a last use. */
export interface ChangeStore {
  clientsSequence(): Promise<number>
}
