// What every store must do with the event that a change is given.

import { describe, expect, test } from 'vitest'
import { latestEvents } from '../../support/latest-events.ts'
import { AUDITED_CHANGES, REPEATABLE_CHANGES, tenantWithEverything } from '../audited-changes.ts'
import { auditEventRecord } from '../records.ts'
import type { TheStore } from './the-store.ts'

export function eventContract(store: TheStore): void {
  describe('the event of a change', () => {
    test.each(Object.entries(AUDITED_CHANGES))(
      'is stored with %s, and not when nothing changes',
      async (name, change) => {
        const things = await tenantWithEverything(store())
        const { tenant } = things
        const event = auditEventRecord({ tenant, action: 'test.changed' })
        const trail = () => latestEvents(store(), tenant, 10)

        await change(store(), things, event)
        expect(await trail()).toEqual([event])
        await change(store(), things, event)
        expect(await trail()).toHaveLength(REPEATABLE_CHANGES.has(name) ? 2 : 1)
      },
    )

    test.each(Object.entries(AUDITED_CHANGES))('may be left out of %s', async (_name, change) => {
      const things = await tenantWithEverything(store())
      await change(store(), things, undefined)
      expect(await latestEvents(store(), things.tenant, 10)).toEqual([])
    })
  })
}
