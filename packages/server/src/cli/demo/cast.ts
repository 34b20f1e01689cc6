// Who appears in the demo: organisations, people and apps, as data. Secrets are none of it.

import type { NewClient } from '../../operations/client-input.ts'
import type { NewOrganisation } from '../../operations/organisations.ts'
import type { NewUser } from '../../operations/users.ts'
import type { ScopeDefinition } from '../../protocol/tenant.ts'

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
    memberships: [{ organisationId: 'northwind', defaultUnitId: 'hamburg' }],
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

export interface DemoClient extends NewClient {
  readonly id: string
  /** What it shows, for readers of demo.json. */
  readonly note: string
}

export const WEB_CLIENT_ID = 'demo-web'
export const MACHINE_CLIENT_ID = 'demo-machine'

export function listClients(
  scopes: readonly ScopeDefinition[],
  audience: string,
): readonly DemoClient[] {
  const all = scopes.map(({ name }) => name)
  const read = scopes.filter(({ access, sensitive }) => access === 'read' && !sensitive)
  const identity = ['openid', 'profile', 'email']
  return [
    {
      id: WEB_CLIENT_ID,
      note: 'web app with a server: authorization code with PKCE, and its secret',
      name: 'Ledger',
      publisher: 'Ledger Software',
      type: 'confidential',
      redirectUris: ['http://localhost:4000/callback', 'http://localhost:4000/connect/callback'],
      postLogoutRedirectUris: ['http://localhost:4000/'],
      scopes: [...identity, ...all],
      defaultScopes: read.map(({ name }) => name),
    },
    {
      id: 'demo-spa',
      note: 'app in the browser or on a device: authorization code with PKCE, no secret; on 127.0.0.1 any port will do',
      name: 'Pocket CRM',
      publisher: 'Pocket Apps',
      type: 'public',
      redirectUris: [
        'https://pocket.example/callback',
        'http://localhost:5173/callback',
        'http://127.0.0.1/callback',
      ],
      postLogoutRedirectUris: ['http://localhost:5173/'],
      scopes: [...identity, ...all],
      defaultScopes: read.map(({ name }) => name),
    },
    {
      id: MACHINE_CLIENT_ID,
      note: 'program without a user: client credentials, for the unit hamburg of northwind',
      name: 'Nightly export',
      type: 'confidential',
      organisationId: 'northwind',
      unitId: 'hamburg',
      grantTypes: ['client_credentials'],
      scopes: all,
      defaultScopes: read.map(({ name }) => name),
    },
    apiClient(audience),
  ]
}

/** Its audience holds the port: a demo that moves to another port gets another one. */
function apiClient(audience: string): DemoClient {
  const { port } = new URL(audience)
  return {
    id: `demo-api-${port || '80'}`,
    note: 'the API itself: introspects the tokens that are meant for it',
    name: 'Sample API',
    type: 'confidential',
    party: 'first',
    resourceServer: audience,
    grantTypes: [],
  }
}
