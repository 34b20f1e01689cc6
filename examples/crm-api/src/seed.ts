// Rows to look at on the first start, the same every time.

import type { ResourceName } from './resources.ts'
import { RESOURCES } from './resources.ts'
import type { Organisation } from './routes.ts'
import type { Owner, Store, Values } from './store.ts'

/** `client_id` counts from 1 here, within the owner's own clients. */
const ROWS: Readonly<Record<ResourceName, readonly Values[]>> = {
  clients: [
    {
      name: 'Harbour Bakery',
      email: 'office@harbour-bakery.example',
      city: 'Kiel',
      status: 'active',
    },
    { name: 'Nordlicht Optics', email: 'hello@nordlicht.example', city: 'Hamburg', status: 'lead' },
    { name: 'Old Mill Hotel', email: 'desk@old-mill.example', city: 'Lübeck', status: 'former' },
  ],
  contacts: [
    {
      name: 'Ines Brandt',
      email: 'ines@harbour-bakery.example',
      phone: '+49 431 5550101',
      client_id: 1,
    },
    { name: 'Jonas Petersen', email: 'jonas@harbour-bakery.example', phone: null, client_id: 1 },
    {
      name: 'Mara Lindqvist',
      email: 'mara@nordlicht.example',
      phone: '+49 40 5550102',
      client_id: 2,
    },
  ],
  users: [
    { name: 'Ada Winter', email: 'ada@company.example', role: 'admin' },
    { name: 'Ben Sommer', email: 'ben@company.example', role: 'member' },
  ],
  templates: [
    {
      name: 'Welcome',
      subject: 'Welcome on board',
      body: 'Dear {{name}}, we look forward to working with you.',
    },
    {
      name: 'Reminder',
      subject: 'A friendly reminder',
      body: 'Dear {{name}}, did you see our last message?',
    },
  ],
  projects: [
    {
      name: 'New shop window',
      status: 'active',
      due_on: '2027-03-31',
      budget_cents: 480_000,
      client_id: 1,
    },
    { name: 'Website relaunch', status: 'planned', due_on: null, budget_cents: null, client_id: 2 },
  ],
}

/** The same rows for each unit of each organisation, and there for each consumer. */
export function seedRows(store: Store, organisations: readonly Organisation[]): void {
  for (const { id: organisationId, units, consumers = [] } of organisations) {
    const unitIds = units.length > 0 ? units.map(({ id }) => id) : [undefined]
    for (const unitId of unitIds) {
      for (const consumerId of [undefined, ...consumers]) {
        seedOwner(store, { organisationId, unitId, consumerId })
      }
    }
  }
}

function seedOwner(store: Store, owner: Owner): void {
  const clientIds: number[] = []
  // Clients come first in the list, because others refer to them.
  for (const resource of RESOURCES) {
    for (const values of ROWS[resource.name]) {
      const clientId = clientIds[Number(values.client_id) - 1]
      const row = store.insert(resource, owner, {
        ...values,
        ...(clientId !== undefined && { client_id: clientId }),
      })
      if (resource.name === 'clients') clientIds.push(Number(row.id))
    }
  }
}
