// A change whose event cannot be stored does not come about: no trail has gaps.

import { describe, expect, test } from 'vitest'
import { AUDITED_CHANGES, lookAtEverything, tenantWithEverything } from './audited-changes.ts'
import { DIALECTS, openPair } from './databases.ts'
import { auditEventRecord } from './records.ts'

/** What a full disk or a lost right does, to the audit trail alone. */
const withoutTrail = (sql: string) =>
  sql.replace('insert into "audit_events"', 'insert into "no_such_table"')

describe.each(DIALECTS)('house M1: on %s', (dialect) => {
  test('no change is kept whose event cannot be', async () => {
    const [store] = await openPair(dialect, withoutTrail)
    for (const [name, change] of Object.entries(AUDITED_CHANGES)) {
      const things = await tenantWithEverything(store)
      const before = await lookAtEverything(store, things)
      const event = auditEventRecord({ tenant: things.tenant })
      await expect(change(store, things, event), name).rejects.toThrow('no_such_table')
      expect(await lookAtEverything(store, things), name).toEqual(before)
      await expect(change(store, things, undefined), name).resolves.not.toBe(false)
    }
  })
})
