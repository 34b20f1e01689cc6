import { expect, it } from 'vitest'
import { crmCom } from '../contracts/crm-com.ts'
import { standard } from '../contracts/standard.ts'
import { loadConfig } from './load.ts'
import { resolveTenants } from './tenants.ts'

const SCOPE = { name: 'contacts:read', description: 'see your contacts', access: 'read' }

function resolveOne(changes: object) {
  const tenant = { name: 'acme', issuer: 'https://login.example', ...changes }
  const { config } = loadConfig({ value: { tenants: [tenant] }, env: {} })
  return resolveTenants(config)[0]
}

it('follows its contract where the configuration says nothing', () => {
  const tenant = resolveOne({})
  expect(tenant?.policy).toEqual(standard.policy)
  expect(tenant?.displayName).toBe('acme')
})

it('changes only the parts of the policy that the configuration names', () => {
  const tenant = resolveOne({ policy: { refreshToken: { idleSeconds: 60 } } })
  expect(tenant?.policy).toEqual({
    ...standard.policy,
    refreshToken: { ...standard.policy.refreshToken, idleSeconds: 60 },
  })
})

it('lays down what its contract does, and is at the release that the configuration names', () => {
  expect(resolveOne({})).toMatchObject({ rules: standard.rules, release: undefined })
  const resourceServers = [{ audience: 'https://api.example', name: 'CRM', scopes: [SCOPE] }]
  const crm = resolveOne({ contract: 'crm-com', release: 'R15.0.0', resourceServers })
  expect(crm).toMatchObject({ contract: 'crm-com', release: 'R15.0.0', policy: crmCom.policy })
  expect(crm?.rules).toBe(crmCom.rules)
})

it('takes a plain text as English, and the name of the API as the group of its scopes', () => {
  const texts = { en: 'see your deals', de: 'deine Aufträge sehen' }
  const scopes = [SCOPE, { ...SCOPE, name: 'deals:read', description: texts, group: 'Deals' }]
  const tenant = resolveOne({
    resourceServers: [{ audience: 'https://api.example', name: 'CRM', scopes }],
  })
  expect(tenant?.resourceServers[0]?.scopes).toEqual([
    {
      name: 'contacts:read',
      description: { en: 'see your contacts' },
      group: { en: 'CRM' },
      access: 'read',
      sensitive: false,
      optional: false,
    },
    expect.objectContaining({ description: texts, group: { en: 'Deals' } }),
  ])
})
