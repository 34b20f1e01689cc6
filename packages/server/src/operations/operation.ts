// What people may do to apps, secrets, keys, users and organisations: one implementation of each rule, for the
// command line, the portal, the console and the management API. This file: what every operation is given, and
// how it refuses. Must not know terminals, HTTP or SQL.

import type { Clock } from '../platform/clock.ts'
import type { FormProblemCode } from '../protocol/form-problem.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { AuditEventRecord } from '../store/records.ts'

export interface OperationContext {
  readonly tenant: Tenant
  /** An event goes with the change that it tells of, never after it: a change without its event could not be traced. */
  readonly store: Omit<Store, 'recordAuditEvent'>
  readonly clock: Clock
  /** Who does it, for the audit trail: `cli`, `user:…`, `client:…`. */
  readonly actor: string
  readonly requestId?: string
}

export interface FieldProblem {
  /** Of the file that the input came from. */
  readonly line?: number
  /** The field of the input, or what was looked for. */
  readonly field: string
  /** What is wrong and what would be right, as a clause after the name of the field. */
  readonly problem: string
  /** The same for pages, which have words of their own for it; set where a page can be the face. */
  readonly code?: FormProblemCode
  /** What it is about: the value that is wrong, or the limit that it passes. */
  readonly value?: string
}

/** The operation was refused and nothing has changed; says everything that is wrong with the input. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly problems: readonly FieldProblem[]

  constructor(problems: readonly FieldProblem[]) {
    super(problems.map(describeProblem).join('; '))
    this.problems = problems
  }
}

/** `line 3: username is empty` */
export function describeProblem({ line, field, problem }: FieldProblem): string {
  return `${line === undefined ? '' : `line ${line}: `}${field} ${problem}`
}

/** @throws OperationError when there is a problem */
export function refuseIfAny(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw new OperationError(problems)
}

export function refusal(field: string, problem: string): OperationError {
  return new OperationError([{ field, problem }])
}

/** The event of a change that is to be made. @param action `noun.verb`; @param target `client:…`, `user:…` */
export function eventOf(
  context: OperationContext,
  action: string,
  target: string,
): AuditEventRecord {
  return {
    tenant: context.tenant.name,
    atSeconds: context.clock.nowSeconds(),
    action,
    actor: context.actor,
    target,
    requestId: context.requestId ?? null,
  }
}
