// The endpoints of a tenant and where they are: what its contract has, no more.

import { createCodeLimit } from '../authorize/code-limit.ts'
import type { Contract } from '../contracts/contract.ts'
import type { Audience, Route } from '../http/route.ts'
import type { Guessing } from '../identity/guessing.ts'
import type { IssuerKeys } from '../identity/issuer-keys.ts'
import type { UseCounter } from '../legacy/use-counter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Sealer } from '../platform/seal.ts'
import type { Endpoint } from '../protocol/message.ts'
import type { TenantObserver } from '../protocol/observer.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Store } from '../store/port.ts'
import type { KeyRing } from '../tokens/keys.ts'
import { createApiVersionsEndpoint, type PublishedVersions } from './api-versions.ts'
import { createApplicationKeyTokenEndpoint } from './application-key-token.ts'
import { createAuthorizeEndpoint } from './authorize.ts'
import { createConsentEndpoint } from './consent.ts'
import { createIntrospectionEndpoint } from './introspect.ts'
import { createJwksEndpoint } from './jwks.ts'
import { createMetadataEndpoint } from './metadata.ts'
import { createResourceKeysEndpoint } from './resource-keys.ts'
import { createRevocationFeedEndpoint, type HeldFeed } from './revocation-feed.ts'
import { createRevocationEndpoint } from './revoke.ts'
import { createSelectAccountEndpoint } from './select-account.ts'
import { createSignInEndpoint } from './sign-in.ts'
import { createSignOutConfirmEndpoint, createSignOutEndpoint } from './sign-out.ts'
import { createTokenEndpoint } from './token.ts'
import { createUserInfoEndpoint } from './userinfo.ts'
import { createVersionUsageEndpoint } from './version-usage.ts'

export interface ProtocolDeps {
  readonly tenant: Tenant
  readonly contract: Contract
  readonly store: Store
  readonly clock: Clock
  readonly keys: KeyRing
  readonly sealer: Sealer
  readonly guesses: Guessing
  /** Of what weak codes are found by. */
  readonly codeSealer: Sealer
  readonly uses: UseCounter
  readonly observer: TenantObserver
  readonly issuerKeys: IssuerKeys
  readonly heldFeed: HeldFeed
  /** undefined when its API has none. */
  readonly apiVersions: PublishedVersions | undefined
}

export function listProtocolRoutes(parts: ProtocolDeps): readonly Route[] {
  const { paths } = parts.contract
  const metadata = createMetadataEndpoint(parts)
  return [
    ...listTokenRoutes(parts),
    ...listKeyExchangeRoutes(parts),
    ...(paths.authorize === undefined ? [] : listPageRoutes(parts, paths.authorize)),
    post('server', paths.introspect, createIntrospectionEndpoint(parts)),
    get('public', paths.jwks, createJwksEndpoint(parts)),
    ...(parts.tenant.rules.jwt.keyPerApi
      ? [post('server', paths.resourceKeys, createResourceKeysEndpoint(parts))]
      : []),
    get('public', paths.revocations, createRevocationFeedEndpoint(parts)),
    ...listVersionRoutes(parts),
    // Nothing is discovered where nobody signs in.
    ...(paths.authorize ? [get('public', '/.well-known/openid-configuration', metadata)] : []),
    get('public', '/.well-known/oauth-authorization-server', metadata),
  ]
}

function listTokenRoutes(parts: ProtocolDeps): readonly Route[] {
  const { paths, requests } = parts.contract
  const routes: Route[] = []
  if (paths.token !== undefined) {
    routes.push({ ...post('app', paths.token, createTokenEndpoint(parts)), ...requests })
  }
  if (paths.revoke !== undefined) {
    routes.push({ ...post('app', paths.revoke, createRevocationEndpoint(parts)), ...requests })
  }
  if (paths.userinfo !== undefined) {
    const userInfo = get('app', paths.userinfo, createUserInfoEndpoint(parts))
    routes.push({ ...userInfo, methods: ['GET', 'POST'] })
  }
  return routes
}

function listKeyExchangeRoutes(parts: ProtocolDeps): readonly Route[] {
  const { paths, readKeyExchange } = parts.contract
  if (paths.applicationKeyToken === undefined || readKeyExchange === undefined) return []
  const deps = { ...parts, readKeyExchange }
  const route = post('app', paths.applicationKeyToken, createApplicationKeyTokenEndpoint(deps))
  return [{ ...route, encodings: ['json'], jsonDocument: true }]
}

function listVersionRoutes(parts: ProtocolDeps): readonly Route[] {
  const { apiVersions, contract } = parts
  if (!apiVersions) return []
  const usage = createVersionUsageEndpoint(parts)
  return [
    get('public', contract.paths.apiVersions, createApiVersionsEndpoint(apiVersions)),
    {
      ...post('server', contract.paths.versionUsage, usage),
      encodings: ['json'],
      jsonDocument: true,
    },
  ]
}

function listPageRoutes(parts: ProtocolDeps, authorizePath: string): readonly Route[] {
  const { signOut } = parts.contract.paths
  const forUsers = { ...parts, authorizePath, codeLimit: createCodeLimit(parts) }
  const ofRequest: readonly Route[] = [
    {
      ...get('page', authorizePath, createAuthorizeEndpoint(forUsers)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
      apiVersions: parts.apiVersions,
    },
    post('page', `${authorizePath}/sign-in`, createSignInEndpoint(forUsers)),
    post('page', `${authorizePath}/account`, createSelectAccountEndpoint(forUsers)),
    {
      ...post('page', `${authorizePath}/consent`, createConsentEndpoint(forUsers)),
      repeatable: new Set(['scope']),
    },
  ]
  return [
    ...ofRequest.map((route) => ({ ...route, keepsOpener: true })),
    {
      ...get('page', signOut, createSignOutEndpoint(parts)),
      methods: ['GET', 'POST'],
      crossSitePost: true,
    },
    post('page', `${signOut}/confirm`, createSignOutConfirmEndpoint(parts)),
  ]
}

/** RFC 8414 §3.1: for an issuer with a path, the well-known part comes before that path. */
export function listRootRoutes(parts: ProtocolDeps): readonly Route[] {
  const { pathname: path } = new URL(parts.tenant.issuer)
  if (path === '/') return []
  return [
    get('public', `/.well-known/oauth-authorization-server${path}`, createMetadataEndpoint(parts)),
  ]
}

function get(audience: Audience, path: string, endpoint: Endpoint): Route {
  return { methods: ['GET'], audience, path, endpoint }
}

function post(audience: Audience, path: string, endpoint: Endpoint): Route {
  return { methods: ['POST'], audience, path, endpoint }
}
