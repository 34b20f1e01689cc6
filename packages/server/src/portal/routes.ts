// The pages of a developer's apps, below /developers.

import type { Route } from '../http/route.ts'
import { OWN_PATHS } from '../protocol/own-paths.ts'
import { createDeletionEndpoint, createDeletionPageEndpoint } from './deletion.ts'
import { createDeveloperAppEndpoint, createSaveDeveloperAppEndpoint } from './developer-app.ts'
import {
  createDeveloperAppsEndpoint,
  createNewDeveloperAppEndpoint,
  createNewDeveloperAppPageEndpoint,
} from './developer-apps.ts'
import type { PortalDeps } from './portal.ts'
import {
  createAddSecretEndpoint,
  createRevokeSecretEndpoint,
  createSecretRevocationPageEndpoint,
} from './secrets.ts'
import { createAllowTokenGrantEndpoint, createDisallowTokenGrantEndpoint } from './token-grant.ts'

export function listDeveloperRoutes(deps: PortalDeps): readonly Route[] {
  const show = { audience: 'page', methods: ['GET'] } as const
  const take = { audience: 'page', methods: ['POST'] } as const
  const path = OWN_PATHS
  return [
    { ...show, path: path.developerApps, endpoint: createDeveloperAppsEndpoint(deps) },
    { ...show, path: path.newDeveloperApp, endpoint: createNewDeveloperAppPageEndpoint(deps) },
    { ...take, path: path.newDeveloperApp, endpoint: createNewDeveloperAppEndpoint(deps) },
    { ...show, path: path.developerApp, endpoint: createDeveloperAppEndpoint(deps) },
    { ...take, path: path.saveDeveloperApp, endpoint: createSaveDeveloperAppEndpoint(deps) },
    { ...take, path: path.addSecret, endpoint: createAddSecretEndpoint(deps) },
    { ...show, path: path.revokeSecret, endpoint: createSecretRevocationPageEndpoint(deps) },
    { ...take, path: path.revokeSecret, endpoint: createRevokeSecretEndpoint(deps) },
    { ...take, path: path.allowTokenGrant, endpoint: createAllowTokenGrantEndpoint(deps) },
    { ...take, path: path.disallowTokenGrant, endpoint: createDisallowTokenGrantEndpoint(deps) },
    { ...show, path: path.deleteDeveloperApp, endpoint: createDeletionPageEndpoint(deps) },
    { ...take, path: path.deleteDeveloperApp, endpoint: createDeletionEndpoint(deps) },
  ]
}
