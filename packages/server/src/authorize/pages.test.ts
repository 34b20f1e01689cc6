import { describe, expect, it } from 'vitest'
import { MAIN_TENANT } from '../../test/support/tenant.ts'
import { clientRecord, TENANT, WEB_APP } from '../../test/support/world.ts'
import { matchRedirectUri, type VerifiedRedirectUri } from '../protocol/redirect-uri.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { ClientRecord, Membership } from '../store/records.ts'
import { digestQuestion } from './pages.ts'

type Context = Parameters<typeof digestQuestion>[0]
type Request = Context['request']

interface Asked {
  readonly request: Partial<Request>
  readonly client: Partial<ClientRecord>
  readonly organisations: readonly Partial<Membership['organisation']>[]
  readonly known: readonly string[]
  readonly tenant: Partial<Tenant>
}

const verified = (uri: string) =>
  matchRedirectUri([uri], uri, {
    anyLoopbackPort: false,
    emptyPathIsRoot: false,
  }) as VerifiedRedirectUri

function digestOf({ request, client, organisations, known, tenant }: Partial<Asked> = {}): string {
  const target = {
    redirectUri: verified(WEB_APP.redirectUri),
    responseMode: 'query' as const,
    state: 'x',
  }
  const memberships = (organisations ?? [{}]).map((organisation) => ({
    organisation: {
      tenant: TENANT,
      id: 'acme',
      name: 'Acme',
      createdAtSeconds: 0,
      ...organisation,
    },
    defaultUnit: null,
    furtherUnitIds: [],
  }))
  const asked = {
    client: clientRecord(WEB_APP, client ?? {}, 0),
    target,
    responseType: 'code',
    scopes: ['openid', 'contacts:read'],
    audience: ['https://api.example'],
    ...request,
  } as Request
  return digestQuestion(
    { request: asked, accounts: [] } as unknown as Context,
    { memberships, known: known ?? [] } as unknown as Parameters<typeof digestQuestion>[1],
    { tenant: { ...MAIN_TENANT, ...tenant } },
  )
}

/** The first API of the tenant, whose first scope is another one. */
function apiWith(change: object): Partial<Tenant> {
  const [api, ...others] = MAIN_TENANT.resourceServers
  const [scope, ...scopes] = api?.scopes ?? []
  if (!api || !scope) throw new Error('the tenant has no API')
  return {
    resourceServers: [{ ...api, scopes: [{ ...scope, ...change }, ...scopes] }, ...others],
  }
}

const policy = (change: Partial<Tenant['policy']>) => ({
  tenant: { policy: { ...MAIN_TENANT.policy, ...change } },
})

describe('security L1: what the user is asked is another question', () => {
  it.each<[string, Partial<Asked>]>([
    ['with a further scope', { request: { scopes: ['openid', 'contacts:read', 'email'] } }],
    ['with fewer scopes', { request: { scopes: ['openid'] } }],
    [
      'when a scope means something else',
      { tenant: apiWith({ description: { en: 'see everything' } }) },
    ],
    ['when a scope can do more', { tenant: apiWith({ access: 'delete' }) }],
    ['when a scope can no longer be left out', { tenant: apiWith({ optional: true }) }],
    ['under another name', { client: { name: 'Acme itself' } }],
    ['from another publisher', { client: { publisher: 'Acme' } }],
    ['with another privacy policy', { client: { privacyUri: 'https://evil.example' } }],
    ['with a further redirect URI', { client: { redirectUris: [WEB_APP.redirectUri, 'x:/'] } }],
    [
      'at another path of the same host',
      { request: { target: { redirectUri: verified(`${WEB_APP.redirectUri}/2`) } as never } },
    ],
    ['for another API', { request: { audience: ['https://other.example'] } }],
    ['when the token comes without a code', { request: { responseType: 'token' } }],
    ['for longer', { client: { grantTypes: ['refresh_token'] } }],
    ['with longer tokens', policy({ accessToken: { format: 'jwt', lifetimeSeconds: 7200 } })],
    ['in another organisation', { organisations: [{ id: 'globex', name: 'Acme' }] }],
    ['in an organisation of another name', { organisations: [{ name: 'Globex' }] }],
    ['where there is a choice', { organisations: [{}, { id: 'globex' }] }],
    ['without an organisation', { organisations: [] }],
  ])('%s', (_how, change) => {
    expect(digestOf(change)).not.toBe(digestOf())
  })

  it('but not by what was allowed before', () => {
    expect(digestOf({ known: ['contacts:read'] })).toBe(digestOf())
  })
})
