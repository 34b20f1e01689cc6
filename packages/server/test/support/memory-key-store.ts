// Signing keys in memory, for what needs a key ring and no database.

import { randomBytes } from 'node:crypto'
import { Sealer } from '../../src/platform/seal.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import { type KeyStore, StoreUnavailableError } from '../../src/store/port.ts'
import type { KeyRecord } from '../../src/store/records.ts'
import type { KeyDeps } from '../../src/tokens/keys.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { MAIN_TENANT } from './tenant.ts'

export class MemoryKeyStore implements KeyStore {
  records: readonly KeyRecord[] = []
  /** Set while the database does not answer. */
  isAway = false

  async listKeys(tenant: string, nowSeconds: number): Promise<readonly KeyRecord[]> {
    this.#check()
    const order = ['current', 'next', 'previous']
    return this.records
      .filter((key) => key.tenant === tenant)
      .filter(({ expiresAtSeconds }) => expiresAtSeconds === null || nowSeconds < expiresAtSeconds)
      .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  }

  async createFirstKeys(keys: readonly KeyRecord[]): Promise<'created' | 'exists'> {
    this.#check()
    const isThere = (key: KeyRecord) =>
      this.records.some((known) => isOfSameSet(known, key) && known.state === key.state)
    if (keys.some(isThere)) return 'exists'
    this.records = [...this.records, ...keys]
    return 'created'
  }

  async rotateKeys(input: Parameters<KeyStore['rotateKeys']>[0]): Promise<'rotated' | 'lost'> {
    this.#check()
    const { currentKid, next, nowSeconds, previousExpiresAtSeconds } = input
    const isCurrent = ({ kid, state }: KeyRecord) => kid === currentKid && state === 'current'
    if (!this.records.some(isCurrent)) return 'lost'
    const rotated = this.records.map((key): KeyRecord => {
      if (isCurrent(key)) {
        return { ...key, state: 'previous', expiresAtSeconds: previousExpiresAtSeconds }
      }
      return key.state === 'next' && isOfSameSet(key, next)
        ? { ...key, state: 'current', activatedAtSeconds: nowSeconds }
        : key
    })
    this.records = [...rotated, next]
    return 'rotated'
  }

  #check(): void {
    if (this.isAway) throw new StoreUnavailableError('away')
  }
}

function isOfSameSet(one: KeyRecord, other: KeyRecord): boolean {
  return (['tenant', 'resourceServer', 'algorithm'] as const).every(
    (name) => one[name] === other[name],
  )
}

/** What a key ring needs; each call makes a store of its own. */
export function createKeyDeps(
  tenant: Tenant = MAIN_TENANT,
): KeyDeps & { store: MemoryKeyStore; clock: FakeClock } {
  return {
    tenant,
    store: new MemoryKeyStore(),
    clock: createFakeClock(),
    sealer: new Sealer(randomBytes(32)),
  }
}
