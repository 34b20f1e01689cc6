import { expect, test } from 'vitest'
import { asUserId } from '../protocol/ids.ts'
import type { Membership, OrganisationRole } from '../store/records.ts'
import { APP_ACCESS, type AppAction, mayActOnApp } from './access.ts'

const ADA = asUserId('ada')
const BEN = asUserId('ben')

const visitor = (role: OrganisationRole) => {
  const organisation = { tenant: 'main', id: 'northwind', name: 'Northwind', createdAtSeconds: 0 }
  const membership: Membership = { organisation, defaultUnit: null, furtherUnitIds: [], role }
  return { userId: ADA, membership }
}

test.each(Object.keys(APP_ACCESS) as AppAction[])(
  '%s: for who registered the app and for admins, and a member only looks',
  (action) => {
    const may = (registeredBy: typeof ADA | null, role: OrganisationRole) =>
      mayActOnApp(action, { registeredBy }, visitor(role))
    expect(may(ADA, 'member')).toBe(true)
    expect(may(BEN, 'admin')).toBe(true)
    expect(may(null, 'admin')).toBe(true)
    expect([may(BEN, 'member'), may(null, 'member')]).toEqual(
      action === 'app.read' ? [true, true] : [false, false],
    )
  },
)
