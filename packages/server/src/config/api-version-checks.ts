// Checks of the API versions of one tenant. The rules themselves are the SDK's, where an API may list them as well.

import { checkApiVersions } from '@ostiary/resource/api-versions'
import type { Finding, Path } from './problems.ts'
import type { TenantSettings } from './tenant-schema.ts'

/** What the rules call it -> what the configuration does. */
const KEYS: Readonly<Record<string, string>> = {
  versions: 'apiVersions',
  default: 'defaultApiVersion',
}

export function checkTenantVersions(tenant: TenantSettings, path: Path): Finding[] {
  const { apiVersions: versions, defaultApiVersion } = tenant
  if (versions.length === 0 && defaultApiVersion === undefined) return []
  return checkApiVersions({ versions, default: defaultApiVersion }).map((problem) => {
    const [key = '', ...rest] = problem.path
    return { ...problem, path: [...path, KEYS[key] ?? key, ...rest] }
  })
}
