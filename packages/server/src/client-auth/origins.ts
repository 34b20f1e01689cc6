// Which web origins belong to registered apps: those of their redirect URIs.

import type { Clock } from '../platform/clock.ts'
import { keepFresh } from '../platform/fresh.ts'
import type { Store } from '../store/port.ts'
import { walk } from '../store/walk.ts'

/** For apps that are new; one that has changed or ended shows at once in the change sequence. */
const KEEP_MS = 5000

export interface OriginDeps {
  readonly tenant: { readonly name: string }
  readonly store: Pick<Store, 'listClients' | 'clientsSequence'>
  readonly clock: Clock
}

/** @returns a test for the `Origin` header of a request, which asks the store for all apps every few seconds at most. */
export function createOriginCheck(deps: OriginDeps): (origin: string) => Promise<boolean> {
  const { store, clock } = deps
  const sequence = keepFresh(() => store.clientsSequence(), { clock })
  const origins = keepFresh(() => listOrigins(deps), { clock, maxAgeMs: KEEP_MS })
  let known: number | undefined
  return async (origin) => {
    const current = await sequence.get()
    if (current !== known) origins.forget()
    known = current
    return (await origins.get()).has(origin)
  }
}

async function listOrigins({ tenant, store }: OriginDeps): Promise<ReadonlySet<string>> {
  const origins = new Set<string>()
  for await (const client of walk((page) => store.listClients(tenant.name, page))) {
    if (client.disabledAtSeconds !== null) continue
    for (const uri of client.redirectUris) origins.add(new URL(uri).origin)
  }
  // A private-use scheme has the origin "null", which is what a sandboxed frame of anybody sends.
  origins.delete('null')
  return origins
}
