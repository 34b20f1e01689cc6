// The people and apps of a tenant with a vendor's contract, registered as an operator would: ids and secrets are made.

import { contractScopes, scopes } from '../../../../examples/crm-api/src/scopes.ts'
import { findContract } from '../../src/contracts/index.ts'
import type { NewClient } from '../../src/operations/client-input.ts'
import { type ClientContext, createClient } from '../../src/operations/clients.ts'
import { createOrganisation } from '../../src/operations/organisations.ts'
import { toUserRecords } from '../../src/operations/users.ts'
import {
  API_SERVER,
  hashOfPassword,
  ORGANISATIONS_OF,
  OTHER_APP,
  populate,
  RESOURCE_SERVERS,
  SECOND_REDIRECT_URI,
  SPA,
  type TestClient,
  USERS,
  WEB_APP,
} from './world.ts'

/** The apps that every tenant has, whatever its contract. */
export interface Apps {
  /** Confidential, with two redirect URIs. */
  readonly webApp: TestClient
  /** Public. */
  readonly spa: TestClient
  /** Another confidential one, to play the attacker. */
  readonly otherApp: TestClient
  /** The API's own credentials. */
  readonly apiServer: TestClient
}

const STANDARD_APPS: Apps = {
  webApp: WEB_APP,
  spa: SPA,
  otherApp: OTHER_APP,
  apiServer: API_SERVER,
}

/** The APIs of such a tenant, as in the configuration file, with scopes long and short. Where tokens name no API, there is but one. */
export function contractApis(contract: string, issuer: string): readonly object[] {
  const found = findContract(contract)
  const api = {
    audience: issuer + found?.paths.api,
    name: 'Sample CRM',
    scopes: [...scopes, ...(contractScopes['mister-james'] ?? [])],
  }
  return contract === 'financial-cents' ? [api] : [api, ...RESOURCE_SERVERS.slice(1)]
}

/** @param contract of a vendor; undefined for the world of world.ts */
export async function populateTenant(
  context: ClientContext,
  contract: string | undefined,
): Promise<Apps> {
  if (contract !== undefined) return populateContract(context)
  await populate(context.store, context.clock.nowSeconds())
  return STANDARD_APPS
}

async function populateContract(context: ClientContext): Promise<Apps> {
  for (const id of ['acme', 'globex']) {
    const units = ['north', 'south'].map((name) => ({ id: `${id}-${name}`, name }))
    await createOrganisation({ id, name: id === 'acme' ? 'Acme' : 'Globex', units }, context)
  }
  const passwordHash = await hashOfPassword()
  for (const username of USERS) {
    const memberships = ORGANISATIONS_OF[username].map((organisationId) => ({
      organisationId,
      defaultUnitId: `${organisationId}-north`,
    }))
    const input = { username, name: username, passwordHash, memberships }
    const records = toUserRecords({ ...input, email: `${username}@example.com` }, context)
    await context.store.createUser(records.user, records.memberships)
  }
  return registerApps(context)
}

async function registerApps(context: ClientContext): Promise<Apps> {
  const usesCodes = context.tenant.rules.grantTypes.includes('authorization_code')
  const apis = context.tenant.resourceServers
  const scopeNames = apis.flatMap(({ scopes }) => scopes.map(({ name }) => name))
  const register = (
    name: string,
    redirectUris: readonly string[],
    more: Partial<NewClient> = {},
  ): Promise<TestClient> =>
    registerApp(context, {
      name,
      type: 'confidential',
      ...(usesCodes
        ? { redirectUris, scopes: scopeNames, defaultScopes: ['contacts:read'] }
        : { grantTypes: [] }),
      ...more,
    })
  return {
    webApp: await register('web-app', [WEB_APP.redirectUri, SECOND_REDIRECT_URI]),
    spa: await register('spa', [SPA.redirectUri], { type: 'public' }),
    otherApp: await register('other-app', [OTHER_APP.redirectUri]),
    apiServer: await registerApp(context, {
      name: 'api-server',
      type: 'confidential',
      resourceServer: apis[0]?.audience,
    }),
  }
}

/** One of the product itself that takes passwords, where the contract has that. */
export function registerDesktopApp(
  context: ClientContext,
  more: Partial<NewClient> = {},
): Promise<TestClient> {
  const endsAtSeconds = context.clock.nowSeconds() + 30 * 86_400
  return registerApp(context, {
    name: 'Desktop',
    type: 'confidential',
    party: 'first',
    grantTypes: ['password', 'refresh_token'],
    scopes: ['read', 'contacts:read'],
    defaultScopes: ['read'],
    allowances: [
      { name: 'password', owner: 'desktop team', reason: 'shipped before 2020', endsAtSeconds },
    ],
    ...more,
  })
}

/** As an operator does it. @throws OperationError when the contract does not allow it */
export async function registerApp(context: ClientContext, input: NewClient): Promise<TestClient> {
  const { client, secret } = await createClient(input, context)
  const [redirectUri = ''] = client.redirectUris
  return { id: client.id, secret: secret ?? undefined, redirectUri }
}
