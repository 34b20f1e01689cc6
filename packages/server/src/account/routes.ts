// The pages of an account: signing in without an app, and what has access to it.

import type { Route } from '../http/route.ts'
import type { SignInDeps } from '../identity/sign-in.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import {
  type ConnectedAppDeps,
  createConnectedAppRemovalEndpoint,
  createConnectedAppRemovalPageEndpoint,
  createConnectedAppsEndpoint,
} from './connected-apps.ts'
import { createAccountSignInEndpoint, createAccountSignInPageEndpoint } from './sign-in.ts'

export function listAccountRoutes(deps: ConnectedAppDeps & SignInDeps): readonly Route[] {
  const show = { audience: 'page', methods: ['GET'] } as const
  const take = { audience: 'page', methods: ['POST'] } as const
  const { signIn, connectedApps, removeConnectedApp } = OWN_PATHS
  return [
    { ...show, path: signIn, endpoint: createAccountSignInPageEndpoint(deps) },
    { ...take, path: signIn, endpoint: createAccountSignInEndpoint(deps) },
    { ...show, path: connectedApps, endpoint: createConnectedAppsEndpoint(deps) },
    { ...show, path: removeConnectedApp, endpoint: createConnectedAppRemovalPageEndpoint(deps) },
    { ...take, path: removeConnectedApp, endpoint: createConnectedAppRemovalEndpoint(deps) },
  ]
}
