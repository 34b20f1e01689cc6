// A good request for every endpoint of a tenant: what the mutations start from.

import { findContract } from '../../src/contracts/index.ts'
import { OWN_PATHS } from '../../src/protocol/own-paths.ts'
import type { TestServer } from '../support/start-server.ts'
import type { Member } from './parties.ts'
import type { Body, Field, Plan, Value } from './request-plan.ts'

/** The request of one party, by its number. */
export type Template = (party: number) => Plan

/** Templates, and how much likelier one of them is than one of other groups. */
export interface TemplateGroup {
  readonly weight: number
  readonly templates: readonly Template[]
}

export function listTemplates(server: TestServer): readonly TemplateGroup[] {
  const groups = [
    { weight: 8, templates: tokenTemplates(server) },
    { weight: 4, templates: keyTemplates(server) },
    { weight: 3, templates: serverTemplates(server) },
    { weight: 5, templates: pageTemplates(server) },
    { weight: 2, templates: ownPageTemplates(server) },
    { weight: 1, templates: publicTemplates(server) },
  ]
  return groups.filter(({ templates }) => templates.length > 0)
}

const from = (of: Member, party: number): Value => ({ of, party, number: 0 })
const field = (name: string, value: Value): Field => ({ name, value })
const FORM_TYPE = field('content-type', 'application/x-www-form-urlencoded')
const JSON_TYPE = field('content-type', 'application/json')
const clientHeader = (party: number) => field('authorization', { basic: party, secretOf: party })

interface Parts {
  readonly headers?: readonly Field[]
  readonly query?: readonly Field[]
}

function get(path: string, { headers = [], query = [] }: Parts = {}): Plan {
  return { method: 'GET', path, query, headers, body: { kind: 'none' } }
}

function post(path: string, body: Body, { headers = [], query = [] }: Parts = {}): Plan {
  const types: Partial<Record<Body['kind'], Field>> = { form: FORM_TYPE, json: JSON_TYPE }
  const type = types[body.kind]
  return { method: 'POST', path, query, headers: type ? [type, ...headers] : headers, body }
}

const form = (fields: Readonly<Record<string, Value>>): Body => ({
  kind: 'form',
  fields: Object.entries(fields).map(([name, value]) => field(name, value)),
})

/** With the credentials in a header, in the body or left out, in every form that the contract reads. */
function asClient(
  { tenant }: TestServer,
  path: string | undefined,
  fieldsOf: (party: number) => Record<string, Value>,
): readonly Template[] {
  if (path === undefined) return []
  const encodings = findContract(tenant.contract)?.requests.encodings ?? []
  const inBody = (party: number) => ({
    ...fieldsOf(party),
    client_id: from('client_id', party),
    client_secret: from('client_secret', party),
  })
  const byJson: Template = (party) => post(path, { kind: 'json', members: inBody(party) })
  const inUrl: Template = (party) => {
    const fields = Object.entries(inBody(party)).map(([name, value]) => field(name, value))
    return post(path, { kind: 'none' }, { query: fields })
  }
  return [
    (party) => post(path, form(fieldsOf(party)), { headers: [clientHeader(party)] }),
    (party) => post(path, form(inBody(party))),
    (party) => post(path, form({ ...fieldsOf(party), client_id: from('client_id', party) })),
    ...(encodings.includes('json') ? [byJson] : []),
    ...(encodings.includes('query') ? [inUrl] : []),
  ]
}

function tokenTemplates(server: TestServer): readonly Template[] {
  const { token, revoke } = server.paths
  return [
    ...asClient(server, token, (party) => ({
      grant_type: 'authorization_code',
      code: from('code', party),
      redirect_uri: from('redirect_uri', party),
      code_verifier: from('verifier', party),
    })),
    ...asClient(server, token, (party) => ({
      grant_type: 'refresh_token',
      refresh_token: from('refresh_token', party),
      scope: 'contacts:read',
    })),
    ...asClient(server, token, () => ({
      grant_type: 'client_credentials',
      scope: 'contacts:read',
    })),
    ...asClient(server, token, () => ({
      grant_type: 'password',
      username: 'ada',
      password: 'wrong',
    })),
    ...asClient(server, revoke, (party) => ({
      token: from('access_token', party),
      token_type_hint: 'access_token',
    })),
  ]
}

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const KEY_TYPE = 'urn:ostiary:params:oauth:token-type:application-key'

function keyTemplates({ paths: { token, applicationKeyToken } }: TestServer): readonly Template[] {
  const templates: Template[] = []
  if (token !== undefined) {
    templates.push((party) =>
      post(
        token,
        form({
          grant_type: EXCHANGE,
          subject_token: from('application_key', party),
          subject_token_type: KEY_TYPE,
          scope: 'contacts:read',
        }),
      ),
    )
  }
  if (applicationKeyToken !== undefined) {
    templates.push((party) =>
      post(
        applicationKeyToken,
        {
          kind: 'json',
          members: {
            access_token_identifier: { authentication_code: from('authentication_code', party) },
            organisation: null,
            unit: '',
          },
        },
        { headers: [field('authorization', { keyOf: party })] },
      ),
    )
  }
  return templates
}

function serverTemplates(server: TestServer): readonly Template[] {
  const { introspect, userinfo, resourceKeys, versionUsage } = server.paths
  const bearer = (party: number) => field('authorization', { bearer: party, number: 0 })
  const usage = {
    batch: 'batch-1',
    uses: [{ client_id: 'web-app', version: '1.7.0', day: '2026-11-21', calls: 3 }],
  }
  return [
    ...asClient(server, introspect, (party) => ({ token: from('access_token', party + 1) })),
    ...asClient(server, introspect, (party) => ({ token: from('refresh_token', party) })),
    ...asClient(server, resourceKeys, () => ({})),
    (party) =>
      post(versionUsage, { kind: 'json', members: usage }, { headers: [clientHeader(party)] }),
    ...(userinfo === undefined
      ? []
      : [
          (party: number) => get(userinfo, { headers: [bearer(party)] }),
          (party: number) => post(userinfo, form({ access_token: from('access_token', party) })),
        ]),
  ]
}

const SAME_ORIGIN = field('sec-fetch-site', 'same-origin')
const cookie = (party: number) => field('cookie', from('cookies', party))

function pageTemplates({ paths: { authorize, signOut } }: TestServer): readonly Template[] {
  if (authorize === undefined) return []
  const request = (party: number): readonly Field[] => [
    field('response_type', 'code'),
    field('client_id', from('client_id', party)),
    field('redirect_uri', from('redirect_uri', party)),
    field('scope', 'contacts:read'),
    field('state', 'state-of-the-app'),
    field('code_challenge', from('challenge', party)),
    field('code_challenge_method', 'S256'),
  ]
  const more = (party: number, name: string, value: Value): Plan =>
    get(authorize, {
      query: [...request(party), field(name, value)],
      headers: [cookie(party)],
    })
  const answer = (path: string, fields: Readonly<Record<string, Value>>) => (party: number) =>
    post(path, form({ interaction: from('interaction', party), ...fields }), {
      headers: [SAME_ORIGIN, cookie(party)],
    })
  return [
    (party) => get(authorize, { query: request(party), headers: [cookie(party)] }),
    (party) => get(authorize, { query: request(party) }),
    (party) => post(authorize, { kind: 'form', fields: request(party) }),
    (party) => more(party, 'prompt', 'consent'),
    (party) => more(party, 'prompt', 'login'),
    (party) => more(party, 'prompt', 'none'),
    (party) => more(party, 'prompt', 'select_account'),
    (party) => more(party, 'response_mode', 'form_post'),
    (party) => more(party, 'max_age', '10'),
    (party) => more(party, 'nonce', 'nonce-of-the-app'),
    (party) => more(party, 'login_hint', 'bob'),
    (party) => more(party, 'resource', 'https://api.example/v1'),
    answer(`${authorize}/consent`, { decision: 'allow', organisation: 'acme' }),
    answer(`${authorize}/consent`, { decision: 'deny' }),
    answer(`${authorize}/account`, { account: '' }),
    (party) =>
      post(
        `${authorize}/account`,
        form({ interaction: from('interaction', party), account: from('account', party) }),
        { headers: [SAME_ORIGIN, cookie(party)] },
      ),
    answer(`${authorize}/sign-in`, { username: 'nobody' }),
    (party) => get(signOut, { headers: [cookie(party)] }),
    (party) =>
      get(signOut, {
        headers: [cookie(party)],
        query: [
          field('id_token_hint', from('id_token', party)),
          field('post_logout_redirect_uri', 'https://app.example/goodbye'),
        ],
      }),
    (party) =>
      post(`${signOut}/confirm`, form({ token: from('form_token', party) }), {
        headers: [SAME_ORIGIN, cookie(party)],
      }),
  ]
}

function ownPageTemplates({ paths, tenant }: TestServer): readonly Template[] {
  if (paths.authorize === undefined) return []
  const { signIn, connectedApps, removeConnectedApp, ...portal } = OWN_PATHS
  const own = [signIn, connectedApps, removeConnectedApp]
  const all = tenant.rules.selfService ? [...own, ...Object.values(portal)] : own
  return all.flatMap((path): Template[] => [
    (party) =>
      get(path, {
        headers: [cookie(party)],
        query: [field('app', from('client_id', party)), field('organisation', 'acme')],
      }),
    (party) =>
      post(
        path,
        form({
          token: from('form_token', party),
          app: from('client_id', party),
          organisation: 'acme',
          name: 'Ledgerly',
          type: 'confidential',
          redirect_uris: from('redirect_uri', party),
          typed_name: 'Ledgerly',
          secret_name: 'second',
          why: 'an old plug-in',
          ends: '2027-01-01',
        }),
        { headers: [SAME_ORIGIN, cookie(party)] },
      ),
  ])
}

function publicTemplates({ paths }: TestServer): readonly Template[] {
  const places = [
    paths.jwks,
    paths.apiVersions,
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/livez',
    '/readyz',
    '/assets/page.css',
    '/assets/brand.css',
    '/nothing/is/here',
  ]
  return [
    ...places.map(
      (path): Template =>
        () =>
          get(path),
    ),
    () => get(paths.revocations, { query: [field('after', '0')] }),
  ]
}
