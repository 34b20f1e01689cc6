// What demo.json says about a tenant.

import { findContract } from '../../contracts/index.ts'
import { OWN_PATHS } from '../../protocol/own-paths.ts'
import { defaultAudience, type Tenant } from '../../protocol/tenant.ts'
import type { DemoKeyExchange, DemoTenant } from './demo-file.ts'
import type { Seeded } from './seed.ts'

export function describeDemo(tenant: Tenant, { users, clients, keyExchange }: Seeded): DemoTenant {
  return {
    name: tenant.name,
    contract: tenant.contract,
    issuer: tenant.issuer,
    api: defaultAudience(tenant),
    endpoints: listEndpoints(tenant),
    pages: listPages(tenant),
    users: users.map(({ username, password, organisations }) => ({
      username,
      password,
      organisations,
    })),
    clients: clients
      .filter(({ client }) => client.resourceServer === null)
      .map(({ client, secret, note }) => ({
        client_id: client.id,
        ...(secret !== undefined && { client_secret: secret }),
        type: client.type,
        redirect_uris: client.redirectUris,
        scopes: client.scopes,
        grants: client.grantTypes,
        note,
      })),
    resource_servers: clients.flatMap(({ client, secret }) =>
      client.resourceServer !== null && secret !== undefined
        ? [{ client_id: client.id, client_secret: secret }]
        : [],
    ),
    ...pickKeyExchange(keyExchange),
  }
}

function pickKeyExchange(exchange: DemoKeyExchange | undefined): Partial<DemoKeyExchange> {
  if (!exchange) return {}
  const { application_keys, consumers, trusted_issuer } = exchange
  return { application_keys, consumers, trusted_issuer }
}

function listPages({ issuer, rules }: Tenant): DemoTenant['pages'] {
  return {
    account: issuer + OWN_PATHS.connectedApps,
    ...(rules.selfService && { developers: issuer + OWN_PATHS.developerApps }),
  }
}

function listEndpoints({ issuer, contract }: Tenant): DemoTenant['endpoints'] {
  const paths = findContract(contract)?.paths
  if (!paths) throw new Error(`there is no contract called ${contract}`)
  const { authorize, revoke, applicationKeyToken, token = applicationKeyToken } = paths
  return {
    ...(authorize !== undefined && { authorize: issuer + authorize }),
    token: issuer + token,
    ...(revoke !== undefined && { revoke: issuer + revoke }),
    introspect: issuer + paths.introspect,
    metadata: `${issuer}/.well-known/oauth-authorization-server`,
  }
}
