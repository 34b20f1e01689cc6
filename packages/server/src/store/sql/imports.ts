// Plans that store many apps or users at once: all of them, or none.

import type { UserWithMemberships } from '../port.ts'
import type { AuditEventRecord, ClientWithSecrets } from '../records.ts'
import { insertAuditEvent } from './audit-events.ts'
import { insertClient, insertClientSecret } from './clients.ts'
import { call, type Plan, type StatementCall } from './plan.ts'
import { insertMembership, insertUser } from './users.ts'

/** Statements that travel together: few enough to be answered in a fraction of the time-out. */
const BATCH = 200

/** Undoes the transaction. */
class SomeAreTaken extends Error {
  override readonly name = 'SomeAreTaken'
  readonly positions: readonly number[]

  constructor(positions: readonly number[]) {
    super(`${positions.length} are taken`)
    this.positions = positions
  }
}

/** The answer of an import that was undone; any other error goes on. */
export function positionsTaken(error: unknown): readonly number[] {
  if (error instanceof SomeAreTaken) return error.positions
  throw error
}

export function* importClients(
  clients: readonly ClientWithSecrets[],
  events: readonly AuditEventRecord[] = [],
): Plan<readonly number[]> {
  const records = clients.map(({ client }) => client)
  const inserted = yield* inBatches(records.map((record) => call(insertClient, record)))
  undoIfTaken(inserted.map((rows) => rows.length === 0))
  const secrets = clients.flatMap((each) => each.secrets)
  yield* inBatches(secrets.map((secret) => call(insertClientSecret, secret)))
  yield* inBatches(
    events.map((event) => call(insertAuditEvent, event)),
    'to the end',
  )
  return []
}

export function* importUsers(
  users: readonly UserWithMemberships[],
  events: readonly AuditEventRecord[] = [],
): Plan<readonly number[]> {
  const inserted = yield* inBatches(users.map(({ user }) => call(insertUser, user)))
  undoIfTaken(inserted.map((rows) => rows.length === 0))
  const memberships = users.flatMap((each) => each.memberships)
  yield* inBatches(memberships.map((membership) => call(insertMembership, membership)))
  yield* inBatches(
    events.map((event) => call(insertAuditEvent, event)),
    'to the end',
  )
  return []
}

/** @throws SomeAreTaken */
function undoIfTaken(taken: readonly boolean[]): void {
  const positions = taken.flatMap((isTaken, position) => (isTaken ? [position] : []))
  if (positions.length > 0) throw new SomeAreTaken(positions)
}

/** @param how `to the end` when the transaction ends with them */
function* inBatches(
  calls: readonly StatementCall[],
  how: 'between' | 'to the end' = 'between',
): Plan<readonly (readonly unknown[])[]> {
  const results: (readonly unknown[])[] = []
  for (let start = 0; start < calls.length; start += BATCH) {
    const last = how === 'to the end' && start + BATCH >= calls.length
    results.push(...(yield { calls: calls.slice(start, start + BATCH), last }))
  }
  return results
}
