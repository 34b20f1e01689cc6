// Keeps apps in memory, since every request of an app begins with one. What other processes change is seen through a
// number that grows with each change and is read again on use: within a quarter of a second, however it is reached.

import { monotonicClock } from '../platform/clock.ts'
import { keepFresh } from '../platform/fresh.ts'
import type { Store } from './port.ts'
import type { ClientWithSecrets } from './records.ts'

/** Some 2 KB each. When there are more, all are read anew. */
const MAX_CLIENTS = 10_000

interface Kept {
  /** As it was before the app was read: a change in between shows as a later number. */
  readonly sequence: number
  readonly found: ClientWithSecrets
}

export function cacheClients(store: Store): Store {
  const sequence = keepFresh(() => store.clientsSequence(), { clock: monotonicClock })
  const kept = new Map<string, Kept>()
  const keyOf = (tenant: string, id: string) => `${tenant} ${id}`

  /** What this process changes, it sees at once. */
  const announcing =
    <Args extends unknown[], Result>(change: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      change(...args).finally(() => sequence.forget())

  return {
    ...store,
    async findClient(tenant, id) {
      const key = keyOf(tenant, id)
      const current = await sequence.get()
      const known = kept.get(key)
      if (known?.sequence === current) return known.found
      const found = await store.findClient(tenant, id)
      if (kept.size >= MAX_CLIENTS) kept.clear()
      if (found === null) kept.delete(key)
      else kept.set(key, { sequence: current, found })
      return found
    },
    addClientSecret: announcing(store.addClientSecret),
    revokeClientSecret: announcing(store.revokeClientSecret),
    updateClient: announcing(store.updateClient),
    disableClient: announcing(store.disableClient),
    deleteClient: announcing(store.deleteClient),
    // Too frequent to announce, and of interest to nobody else.
    async recordClientUse(tenant, id, atSeconds) {
      await store.recordClientUse(tenant, id, atSeconds)
      kept.delete(keyOf(tenant, id))
    },
    async recordSecretUse(secret, atSeconds) {
      await store.recordSecretUse(secret, atSeconds)
      kept.delete(keyOf(secret.tenant, secret.clientId))
    },
  }
}
