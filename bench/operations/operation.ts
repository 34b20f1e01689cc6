// What an operation is to the load generator: for each connection a flow of requests whose answers are checked.

import type { Answer } from '../load/connection.ts'
import type { Target } from '../load/target.ts'

export const OPERATION_NAMES = [
  'client_credentials-jwt',
  'client_credentials-opaque',
  'code-flow',
  'refresh',
  'introspection-hit',
  'introspection-miss',
  'revocation',
  'discovery',
  'jwks',
] as const
export type OperationName = (typeof OPERATION_NAMES)[number]

/** What one connection does over and over. */
export interface Flow {
  /** @returns the first request of the next turn; undefined when there is nothing left to do before a refill */
  begin(): string | undefined
  /** @returns the next request of the turn, or undefined at its end. @throws when the answer is wrong */
  take(answer: Answer): string | undefined
}

export interface Workload {
  readonly flows: readonly Flow[]
  /** Makes what the flows use up, unmeasured. */
  refill?(): Promise<void>
}

/** Sends one request at a time and waits: for preparations. */
export type Ask = (request: string) => Promise<Answer>

export interface Preparation {
  readonly target: Target
  readonly connections: number
  /** One for each connection. */
  readonly asks: readonly Ask[]
}

export interface Operation {
  readonly name: OperationName
  isOffered(target: Target): boolean
  prepare(preparation: Preparation): Promise<Workload>
}

/** The same request again and again. */
export function repeat(request: string, check: (answer: Answer) => void): Flow {
  return {
    begin: () => request,
    take: (answer) => {
      check(answer)
      return undefined
    },
  }
}

export function expect(answer: Answer, status: number, part = ''): void {
  if (answer.status === status && answer.body.includes(part)) return
  const wanted = part === '' ? `${status}` : `${status} with ${part}`
  throw new Error(`expected ${wanted}, got ${answer.head}\n\n${answer.body.slice(0, 1000)}`)
}

/** The value of a text member of a JSON object, without parsing the rest. */
export function readMember({ body, head }: Answer, name: string): string {
  const value = new RegExp(`"${name}": ?"([^"]+)"`).exec(body)?.[1]
  if (value === undefined) throw new Error(`no ${name} in ${head}\n\n${body.slice(0, 1000)}`)
  return value
}
