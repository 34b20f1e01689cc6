// The apps of the demo, contract by contract, as data. Secrets are none of it.

import { createHash } from 'node:crypto'
import type { NewClient } from '../../operations/client-input.ts'
import { IDENTITY_SCOPES, type ResourceServer, type Tenant } from '../../protocol/tenant.ts'
import type { ClientAllowance } from '../../store/records.ts'

export interface DemoClient extends NewClient {
  readonly id: string
  /** What it shows, for readers of demo.json. */
  readonly note: string
}

export const WEB_APP = 'demo-web'
export const MACHINE = 'demo-machine'

/** @param nowSeconds legacy allowances end a year from here */
export function listDemoApps(tenant: Tenant, nowSeconds: number): readonly DemoClient[] {
  const [api] = tenant.resourceServers
  if (!api) throw new Error('the demo needs an API')
  const apps = APPS[tenant.contract]?.(nowSeconds + 365 * 86_400) ?? []
  return [
    ...apps.map((app) => ({ ...scopesFor(tenant, api), ...app, id: clientId(app.id, tenant) })),
    apiClient(api.audience),
  ]
}

/** Without default scopes: a request that names none is for all of them, as the vendors' documents have it. */
function scopesFor({ rules }: Tenant, { scopes }: ResourceServer) {
  const names = scopes.map(({ name }) => name)
  return { scopes: rules.openId ? [...IDENTITY_SCOPES, ...names] : names }
}

/** Where a contract says how long its client ids are, a name is no client id. */
function clientId(name: string, { rules }: Tenant): string {
  const format = rules.formats.clientId
  if (format.kind !== 'hex' || format.bytes <= 16) return name
  return createHash('sha512')
    .update(name)
    .digest('hex')
    .slice(0, format.bytes * 2)
}

const LEDGER = {
  id: WEB_APP,
  note: 'web app with a server: authorization code, and its secret',
  name: 'Ledger',
  publisher: 'Ledger Software',
  type: 'confidential',
  redirectUris: ['http://localhost:4000/callback', 'http://localhost:4000/connect/callback'],
} as const satisfies DemoClient

const POCKET = {
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
} as const satisfies DemoClient

const CODE = ['authorization_code', 'refresh_token'] as const

type Apps = (untilSeconds: number) => readonly DemoClient[]

const APPS: Readonly<Record<string, Apps>> = {
  standard: () => [
    {
      ...LEDGER,
      note: 'web app with a server: authorization code with PKCE, and its secret',
      postLogoutRedirectUris: ['http://localhost:4000/'],
    },
    { ...POCKET, postLogoutRedirectUris: ['http://localhost:5173/'] },
    {
      id: MACHINE,
      note: 'program without a user: client credentials, for the unit hamburg of northwind',
      name: 'Nightly export',
      type: 'confidential',
      organisationId: 'northwind',
      unitId: 'hamburg',
      grantTypes: ['client_credentials'],
    },
  ],
  'mister-james': (untilSeconds) => [
    { ...LEDGER, note: 'web app: authorization code with its secret, or with PKCE and without it' },
    POCKET,
    {
      id: 'demo-token',
      note: 'app in the browser for which the token grant (implicit) is enabled',
      name: 'Quick Widget',
      publisher: 'Widget Works',
      type: 'public',
      redirectUris: ['https://widget.example/callback', 'http://localhost:5174/callback'],
      grantTypes: [...CODE, 'implicit'],
      allowances: [allowance('implicit', 'widget without a server of its own', untilSeconds)],
    },
  ],
  'json-api': (untilSeconds) => [
    { ...LEDGER, redirectUris: ['https://ledger.example/callback'] },
    { ...POCKET, redirectUris: ['https://pocket.example/callback'] },
    {
      id: 'demo-first-party',
      note: 'app of the product itself: password grant',
      name: 'CRM desktop',
      type: 'confidential',
      party: 'first',
      grantTypes: ['password', 'refresh_token'],
      allowances: [allowance('password', 'desktop program from before 2020', untilSeconds)],
    },
  ],
  'financial-cents': () => [
    {
      ...LEDGER,
      redirectUris: ['http://ledger.example/callback', 'http://localhost:4000/callback'],
    },
  ],
  versioned: () => [
    { ...LEDGER, redirectUris: ['http://localhost:4000/callback'] },
    { ...POCKET, redirectUris: ['https://pocket.example/callback'] },
  ],
}

function allowance(
  name: ClientAllowance['name'],
  reason: string,
  endsAtSeconds: number,
): ClientAllowance {
  return { name, owner: 'demo', reason, endsAtSeconds }
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
