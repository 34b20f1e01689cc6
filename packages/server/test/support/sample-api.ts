// The sample API behind a test server, as a vendor's product stands behind its tenant.

import type { ContractName } from '@ostiary/resource'
import { registerApi } from '../../../../examples/crm-api/src/plugin.ts'
import type { ServerOptions } from '../../src/app.ts'
import { defaultAudience, type Tenant } from '../../src/protocol/tenant.ts'
import type { Apps } from './contract-world.ts'

type HttpServer = Parameters<NonNullable<ServerOptions['extend']>>[0]

export async function mountSampleApi(
  http: HttpServer,
  { tenant, apps }: { tenant: Tenant; apps: Apps },
): Promise<void> {
  const { id, secret } = apps.apiServer
  const audience = defaultAudience(tenant)
  await http.register(registerApi, {
    prefix: new URL(audience).pathname,
    issuer: tenant.issuer,
    audience,
    contract: tenant.contract as ContractName,
    clientId: id,
    ...(secret !== undefined && { clientSecret: secret }),
    databasePath: ':memory:',
    organisations: ['acme', 'globex'].map((organisation) => ({
      id: organisation,
      units: [{ id: `${organisation}-north` }, { id: `${organisation}-south` }],
    })),
    versions: tenant.apiVersions !== undefined,
    // What a product knows of its own users, where its tokens do not say it.
    organisationOf: () => 'acme',
  })
}
