// What operations need, over an empty database in memory.

import { randomBytes } from 'node:crypto'
import { GRANT_TYPES } from '../../src/grants/index.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import type { KeyContext } from '../../src/operations/keys.ts'
import { type FieldProblem, OperationError } from '../../src/operations/operation.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { MAIN_TENANT } from './tenant.ts'

export type TestContext = ClientContext & KeyContext & { readonly clock: FakeClock }

export async function createTestContext(): Promise<TestContext> {
  return {
    tenant: MAIN_TENANT,
    store: await openStore({ kind: 'sqlite', path: ':memory:' }, { migrate: true }),
    clock: createFakeClock(),
    actor: 'test',
    requestId: 'request-1',
    grantTypes: GRANT_TYPES,
    sealer: new Sealer(randomBytes(32)),
  }
}

/** What an operation refuses, field by field; nothing when it does not. */
export async function problemsOf(operation: Promise<unknown>): Promise<readonly FieldProblem[]> {
  try {
    await operation
    return []
  } catch (error) {
    if (error instanceof OperationError) return error.problems
    throw error
  }
}

/** The actions in the audit trail, newest first. */
export async function auditTrail({ store, tenant }: TestContext): Promise<readonly string[]> {
  const events = await store.listAuditEvents(tenant.name, 100)
  return events.map(({ action, actor, target }) => `${actor} ${action} ${target}`)
}
