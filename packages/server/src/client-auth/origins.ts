// Which web origins belong to registered apps: those of their redirect URIs.

import type { Clock } from '../platform/clock.ts'
import type { Store } from '../store/port.ts'

const KEEP_SECONDS = 5

export interface OriginDeps {
  readonly tenant: { readonly name: string }
  readonly store: Pick<Store, 'listClients'>
  readonly clock: Clock
}

/** @returns a test for the `Origin` header of a request, which asks the store every few seconds at most. */
export function createOriginCheck(deps: OriginDeps): (origin: string) => Promise<boolean> {
  let known: { at: number; origins: Promise<ReadonlySet<string>> } | undefined
  return async (origin) => {
    const now = deps.clock.nowSeconds()
    if (!known || Math.abs(now - known.at) >= KEEP_SECONDS) {
      const origins = listOrigins(deps)
      known = { at: now, origins }
      origins.catch(() => {
        known = undefined
      })
    }
    return (await known.origins).has(origin)
  }
}

async function listOrigins({ tenant, store }: OriginDeps): Promise<ReadonlySet<string>> {
  const clients = await store.listClients(tenant.name)
  const enabled = clients.filter(({ disabledAtSeconds }) => disabledAtSeconds === null)
  const origins = enabled.flatMap(({ redirectUris }) =>
    redirectUris.map((uri) => new URL(uri).origin),
  )
  // A private-use scheme has the origin "null", which is what a sandboxed frame of anybody sends.
  return new Set(origins.filter((origin) => origin !== 'null'))
}
