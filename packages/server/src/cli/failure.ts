// How a command fails: an exit code by class, a text that says what to do next, the same as data.

import { CommanderError } from 'commander'
import { ConfigError } from '../config/problems.ts'
import { ListenError } from '../http/listen.ts'
import { describeProblem, OperationError } from '../operations/operation.ts'
import { MasterKeyError } from '../platform/master-key.ts'
import { StoreUnavailableError } from '../store/port.ts'

export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  /** The command line, or what it asks for, is wrong. */
  usage: 2,
  configuration: 3,
  store: 4,
} as const

/** The command line asks for something that cannot be; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command could not do what it was asked to, and that is no bug; the message says what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

export interface Failure {
  readonly exitCode: number
  /** Ends with what to do next. */
  readonly text: string
  readonly data: { readonly error: object }
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof CommanderError)
    return failure('usage', error.message.replace(/^error: /, ''))
  if (error instanceof ConfigError) {
    // What a flag says is no part of the configuration that people would look at.
    const isCommandLine = error.problems.every(({ place }) => place.startsWith('--'))
    return failure(isCommandLine ? 'usage' : 'configuration', error.message, {
      problems: error.problems,
    })
  }
  if (error instanceof MasterKeyError) return failure('configuration', error.message)
  if (error instanceof OperationError) {
    const text = error.problems.map(describeProblem).join('\n')
    return failure('usage', text, { problems: error.problems })
  }
  if (error instanceof ListenError) return failure('failure', error.message)
  if (error instanceof UsageError) return failure('usage', error.message)
  if (error instanceof CommandError) return failure('failure', error.message)
  if (error instanceof StoreUnavailableError) {
    const next = 'check that it runs, then `ostiary migrate status` and `ostiary doctor`'
    return failure('store', `the database cannot be used: ${reasonOf(error)}\n→ ${next}`)
  }
  return failure('failure', explainOther(error))
}

function failure(kind: keyof typeof EXIT_CODES, message: string, more: object = {}): Failure {
  const error = { kind, message, ...more }
  return { exitCode: EXIT_CODES[kind], text: `error: ${message}`, data: { error } }
}

/** The message, and what caused it unless that is said already. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause.message : ''
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`
}

function explainOther(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return `${error.message}\n→ end the other process, or choose another port with --port`
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `${error.message}\n→ give this user the right to it, or choose another place`
  }
  return `${error.stack ?? error.message}\n→ this is a bug or a broken installation: run \`ostiary doctor\`, then report it with the lines above`
}
