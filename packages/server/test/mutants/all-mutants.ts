// Every mutant there is, by the part of the house that it is put into.

import { apiGuard } from './areas/api-guard.ts'
import { authorizationRequests } from './areas/authorization-requests.ts'
import { backupAndRestore } from './areas/backup-and-restore.ts'
import { bounds } from './areas/bounds.ts'
import { browsers } from './areas/browsers.ts'
import { clientsAndTokens } from './areas/clients-and-tokens.ts'
import { codesAndRefresh } from './areas/codes-and-refresh.ts'
import { decisions } from './areas/decisions.ts'
import { edgeAndOperation } from './areas/edge-and-operation.ts'
import { endingsArea } from './areas/endings.ts'
import { guessing } from './areas/guessing.ts'
import { heldFeedMutants } from './areas/held-feed.ts'
import { keyExchange } from './areas/key-exchange.ts'
import { loadAndFaults } from './areas/load-and-faults.ts'
import { onceInactive } from './areas/once-inactive.ts'
import { operatorsAndDevelopers } from './areas/operators-and-developers.ts'
import { requestsAndSecrets } from './areas/requests-and-secrets.ts'
import { scopes } from './areas/scopes.ts'
import type { Area } from './mutant.ts'

export const AREAS: readonly Area[] = [
  authorizationRequests,
  decisions,
  codesAndRefresh,
  scopes,
  clientsAndTokens,
  browsers,
  guessing,
  bounds,
  requestsAndSecrets,
  keyExchange,
  operatorsAndDevelopers,
  apiGuard,
  edgeAndOperation,
  loadAndFaults,
  backupAndRestore,
  endingsArea,
  heldFeedMutants,
  onceInactive,
]
