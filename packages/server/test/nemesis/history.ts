// What callers asked and what they were told: one line per call, in the order in which the answers came. Tokens stand in
// it by a digest. Must not know what is right.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

export type Operation =
  /** Consent on the page, or an earlier one: gives a code. */
  | 'consent'
  | 'authorize'
  /** Spends a code. */
  | 'redeem'
  | 'refresh'
  /** Gives a token to a client for itself, or to whoever shows a password or a key. */
  | 'client-grant'
  /** Spends a JWT that is good for one use. */
  | 'exchange'
  | 'introspect'
  /** The end of a grant, of all that a user gave to an app, of a session. */
  | 'revoke'
  | 'disconnect'
  | 'sign-in'
  | 'sign-out'
  /** What an operator ends: all that a user gave, all that an app was given. */
  | 'end-user'
  | 'end-app'
  /** Puts the database back to where a backup was made of it. */
  | 'restore'

export interface Call {
  readonly caller: number
  /** Which process was asked. */
  readonly server: string
  readonly operation: Operation
  /** What was presented: a code, a token, a JWT id, a session. */
  readonly uses?: string
  /** Who gives or takes away, and to which app. */
  readonly user?: string
  readonly client?: string
  readonly startMs: number
  readonly endMs: number
  /** `refused` is a word about what was presented; an answer like 503 or a broken connection leaves it open. */
  readonly outcome: 'ok' | 'refused' | 'unknown'
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  readonly gives?: Given
  /** Of a restore; it starts when the last server has stopped. */
  readonly restores?: Restoration
}

export interface Restoration {
  /** When the making of the backup began: what came later may be lost. */
  readonly fromMs: number
  readonly endsAllGrants: boolean
}

/** Whether a call got no answer, or one that says: not now. */
export function hasFailed({ status }: Call): boolean {
  return status === 0 || status === 429 || status >= 500
}

/** What an answer held, by digests. */
export interface Given {
  readonly code?: string
  readonly session?: string
  readonly accessToken?: string
  readonly refreshToken?: string
  /** Of the access token. */
  readonly lifetimeMs?: number
}

/** What the callers' promises are measured by. */
export interface Rules {
  readonly retryWindowMs: number
  readonly codeLifetimeMs: number
  /** For so long after its redemption a code that comes again ends nothing. */
  readonly codeRepeatMs: number
  /** Of the JWTs that callers bring, which are new when they are first shown. */
  readonly jwtLifetimeMs: number
  /** How far apart the clocks of a caller and a server may be; servers count in whole seconds. */
  readonly clockSlackMs: number
}

export interface History {
  readonly rules: Rules
  readonly calls: readonly Call[]
}

/** Enough to tell tokens apart, and no use to anybody else. */
export function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url').slice(0, 16)
}

export function saveHistory(path: string, { rules, calls }: History): void {
  const lines = [rules, ...calls].map((each) => JSON.stringify(each))
  writeFileSync(path, `${lines.join('\n')}\n`)
}

/** @throws when it is no history */
export function loadHistory(path: string): History {
  const [rules, ...calls] = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  if (typeof rules?.retryWindowMs !== 'number') throw new Error(`${path} is no history`)
  return { rules, calls }
}
