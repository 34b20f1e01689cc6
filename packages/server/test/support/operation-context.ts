// What operations need, over an empty database in memory.

import { randomBytes } from 'node:crypto'
import { GRANT_TYPES } from '../../src/grants/index.ts'
import type { CodeContext } from '../../src/operations/access-identifiers.ts'
import type { ClientContext } from '../../src/operations/clients.ts'
import type { KeyContext } from '../../src/operations/keys.ts'
import { type FieldProblem, OperationError } from '../../src/operations/operation.ts'
import { Sealer } from '../../src/platform/seal.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import { openStore } from '../../src/store/sql/open.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { latestEvents } from './latest-events.ts'
import { MAIN_TENANT } from './tenant.ts'

export type TestContext = ClientContext & KeyContext & CodeContext & { readonly clock: FakeClock }

export async function createTestContext(tenant: Tenant = MAIN_TENANT): Promise<TestContext> {
  return {
    tenant,
    store: await openStore({ kind: 'sqlite', path: ':memory:' }, { migrate: true }),
    clock: createFakeClock(),
    actor: 'test',
    requestId: 'request-1',
    grantTypes: GRANT_TYPES,
    sealer: new Sealer(randomBytes(32)),
    codeSealer: new Sealer(randomBytes(32)),
  }
}

/** What an operation refuses, field by field and in words; nothing when it does not. */
export async function problemsOf(
  operation: Promise<unknown>,
): Promise<readonly Omit<FieldProblem, 'code' | 'value'>[]> {
  try {
    await operation
    return []
  } catch (error) {
    if (error instanceof OperationError) {
      return error.problems.map(({ code: _code, value: _value, ...problem }) => problem)
    }
    throw error
  }
}

/** The actions in the audit trail, newest first. */
export async function auditTrail({ store, tenant }: TestContext): Promise<readonly string[]> {
  const events = await latestEvents(store, tenant.name, 100)
  return events.map(({ action, actor, target }) => `${actor} ${action} ${target}`)
}
