// What demo.json says about a tenant.

import { findContract } from '../../contracts/index.ts'
import { defaultAudience, type Tenant } from '../../protocol/tenant.ts'
import type { DemoTenant } from './demo-file.ts'
import type { Seeded } from './seed.ts'

export function describeDemo(tenant: Tenant, { users, clients }: Seeded): DemoTenant {
  return {
    name: tenant.name,
    contract: tenant.contract,
    issuer: tenant.issuer,
    api: defaultAudience(tenant),
    endpoints: listEndpoints(tenant),
    users,
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
  }
}

function listEndpoints({ issuer, contract }: Tenant): DemoTenant['endpoints'] {
  const paths = findContract(contract)?.paths
  if (!paths) throw new Error(`there is no contract called ${contract}`)
  return {
    authorize: issuer + paths.authorize,
    token: issuer + paths.token,
    revoke: issuer + paths.revoke,
    introspect: issuer + paths.introspect,
    metadata: `${issuer}/.well-known/oauth-authorization-server`,
  }
}
