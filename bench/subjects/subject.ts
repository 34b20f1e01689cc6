// What is compared: a server that can be started, fitted out and stopped.

import type { Processes } from '../load/measure.ts'
import type { Target } from '../load/target.ts'
import type { OperationName } from '../operations/operation.ts'

export interface Subject {
  readonly name: string
  /** As the table calls it. */
  readonly title: string
  /** Where its tokens are kept, and how safely. */
  readonly store: string
  /** Why it has no such operation. */
  readonly missing: Partial<Record<OperationName, string>>
  /** @param folder of its own, for files that end with the run */
  start(folder: string): Promise<RunningSubject>
}

export interface RunningSubject {
  readonly target: Target
  /** Where sessions do not last: the same with new ones, asked for before each operation that needs them. */
  renewTarget?(): Promise<Target>
  readonly processes: Processes
  /** Memory of the server when it was ready and nobody had asked it for anything. */
  readonly idleMegabytes: number
  /** For the SDK, which is measured against Ostiary alone. */
  readonly sdk?: SdkSource
  stop(): Promise<void>
}

/** Users who are signed in and have allowed the app: one for every other connection. */
export const USERS = 32

export const REDIRECT_URI = 'https://app.example/callback'
export const AUDIENCE = 'https://api.example/v1'
export const SCOPE = 'contacts:read'

/** What an API needs to know to take the tokens of both tenants. */
export interface SdkSource {
  readonly jwtIssuer: string
  readonly opaqueIssuer: string
  readonly audience: string
  readonly clientId: string
  readonly clientSecret: string
}
