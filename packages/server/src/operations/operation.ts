// What people may do to apps, secrets, keys, users and organisations: one implementation of each rule, for the
// command line, the portal, the console and the management API. This file: what every operation is given, and
// how it refuses. Must not know terminals, HTTP or SQL.

import type { Clock } from '../platform/clock.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'

export interface OperationContext {
  readonly tenant: Tenant
  readonly store: Store
  readonly clock: Clock
  /** Who does it, for the audit trail: `cli`, `user:…`, `client:…`. */
  readonly actor: string
  readonly requestId?: string
}

export interface FieldProblem {
  /** The field of the input, or what was looked for. */
  readonly field: string
  /** What is wrong and what would be right, as a clause after the name of the field. */
  readonly problem: string
}

/** The operation was refused and nothing has changed; says everything that is wrong with the input. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly problems: readonly FieldProblem[]

  constructor(problems: readonly FieldProblem[]) {
    super(problems.map(({ field, problem }) => `${field} ${problem}`).join('; '))
    this.problems = problems
  }
}

/** @throws OperationError when there is a problem */
export function refuseIfAny(problems: readonly FieldProblem[]): void {
  if (problems.length > 0) throw new OperationError(problems)
}

export function refusal(field: string, problem: string): OperationError {
  return new OperationError([{ field, problem }])
}

/** @param action `noun.verb`; @param target `client:…`, `user:…` */
export async function recordAudit(
  context: OperationContext,
  action: string,
  target: string,
): Promise<void> {
  await context.store.recordAuditEvent({
    tenant: context.tenant.name,
    atSeconds: context.clock.nowSeconds(),
    action,
    actor: context.actor,
    target,
    requestId: context.requestId ?? null,
  })
}
