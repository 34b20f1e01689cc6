// Who appears in the demo: organisations and people, as data. Passwords are none of it.

import type { NewOrganisation } from '../../operations/organisations.ts'
import type { NewUser } from '../../operations/user-input.ts'

export const ORGANISATIONS: readonly NewOrganisation[] = [
  {
    id: 'northwind',
    name: 'Northwind Trading',
    units: [
      { id: 'hamburg', name: 'Hamburg' },
      { id: 'kiel', name: 'Kiel' },
    ],
  },
  {
    id: 'lighthouse',
    name: 'Lighthouse Repairs',
    units: [
      { id: 'vienna', name: 'Vienna' },
      { id: 'graz', name: 'Graz' },
    ],
  },
]

export const USERS: readonly Omit<NewUser, 'password'>[] = [
  {
    username: 'ada',
    name: 'Ada Winter',
    email: 'ada@northwind.example',
    // May change every app that Northwind has registered.
    memberships: [{ organisationId: 'northwind', defaultUnitId: 'hamburg', role: 'admin' }],
  },
  {
    username: 'ben',
    name: 'Ben Sommer',
    email: 'ben@northwind.example',
    memberships: [{ organisationId: 'northwind', defaultUnitId: 'kiel' }],
  },
  {
    username: 'carla',
    name: 'Carla Herbst',
    email: 'carla@lighthouse.example',
    locale: 'de',
    // Works for both: the consent page asks her which one an app is for.
    memberships: [
      { organisationId: 'lighthouse', defaultUnitId: 'graz' },
      { organisationId: 'northwind', defaultUnitId: 'kiel' },
    ],
  },
]
