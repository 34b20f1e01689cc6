// What the commands need from outside: the process, and the parts that only main.ts may bring in.

import type { RunningServer, ServerOptions, WorkerManagementOptions } from '../app.ts'
import type { DatabaseSettings } from '../config/load.ts'
import type { RegistrableGrantType } from '../operations/client-input.ts'
import type { Log } from '../protocol/message.ts'
import type { RestoredDatabase } from '../store/port/restore.ts'
import type { Store } from '../store/port.ts'

export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Listens for the signals that ask the process to end, from now on. Resolves when one came. */
  stopRequested(): Promise<StopRequest>
  /** Listens for the signal that asks for new processes, from now on. */
  onRestartRequest(listener: () => void): void
  readonly parts: Parts
}

/** A person waits; a proxy has to notice first; another process takes the requests already. */
export type StopRequest = 'interrupted' | 'terminated' | 'replaced'

/** Loaded only by the commands that use them: `ostiary --help` need not wait for a database driver. */
export interface Parts {
  /** @throws StoreUnavailableError */
  openStore(
    settings: DatabaseSettings,
    options: { readonly migrate: boolean; readonly patient?: boolean; readonly log?: Log },
  ): Promise<Store>
  /** @returns the migrations that were applied now */
  migrateStore(settings: DatabaseSettings): Promise<{ readonly applied: readonly string[] }>
  migrationStatus(settings: DatabaseSettings): Promise<MigrationStatus>
  /** Copies a SQLite database while servers run on it. @throws StoreUnavailableError */
  copyDatabase(from: string, to: string): Promise<void>
  /** Keeps everybody else out of a SQLite database. @returns undefined when somebody has it open */
  holdDatabase(path: string): Promise<HeldDatabase | undefined>
  /** @returns what a pooler in front of a PostgreSQL database does that our connections cannot bear */
  findPoolerTrouble(url: string): Promise<'statements' | 'parameters' | undefined>
  /** @returns what else is connected to a PostgreSQL database @throws StoreUnavailableError */
  listOtherConnections(url: string): Promise<readonly string[]>
  /** @throws StoreUnavailableError */
  openRestored(settings: DatabaseSettings): Promise<RestoredDatabase>
  listGrantTypes(): Promise<readonly RegistrableGrantType[]>
  startServer(options: ServerOptions): Promise<RunningServer>
  /** @returns undefined when nothing is configured for it */
  startManagementOfWorkers(
    options: WorkerManagementOptions,
  ): Promise<{ close(): Promise<void> } | undefined>
}

export interface HeldDatabase {
  copyTo(path: string): void
  /** Puts a file in its place, and keeps it under another name. */
  replaceBy(path: string, options: { readonly keepAs: string }): void
  release(): void
}

export interface MigrationStatus {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
}
