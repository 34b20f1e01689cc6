// The model's signing keys.

import type { KeyStore } from '../../../src/store/port.ts'
import { by, like, type State } from './state.ts'

const ORDER = { current: 0, next: 1, previous: 2 }

export const keyModel = (state: State): KeyStore => ({
  async listKeys(tenant, nowSeconds) {
    const keys = state.keys
      .filter(like({ tenant }))
      .filter((key) => key.expiresAtSeconds === null || key.expiresAtSeconds > nowSeconds)
      .toSorted(
        by(
          (key) => ORDER[key.state],
          (key) => -key.createdAtSeconds,
          (key) => key.kid,
        ),
      )
    return structuredClone(keys)
  },

  async createFirstKeys(keys) {
    const [foremost] = keys.toSorted(by((key) => ORDER[key.state]))
    if (!foremost) throw new RangeError('no keys')
    const { tenant, resourceServer, algorithm, state: foremostState } = foremost
    const place = { tenant, resourceServer, algorithm, state: foremostState }
    if (state.keys.some(like(place))) return 'exists'
    state.keys.push(...keys.map((key) => ({ ...key })))
    return 'created'
  },

  async rotateKeys({ tenant, currentKid, next, nowSeconds, previousExpiresAtSeconds }) {
    const current = state.keys.find(like({ tenant, kid: currentKid, state: 'current' }))
    if (!current) return 'lost'
    const following = state.keys.find(
      like({
        ...{ tenant, resourceServer: next.resourceServer, algorithm: next.algorithm },
        state: 'next',
      }),
    )
    if (!following) throw new RangeError('no next key')
    current.state = 'previous'
    current.expiresAtSeconds = previousExpiresAtSeconds
    following.state = 'current'
    following.activatedAtSeconds = nowSeconds
    state.keys.push({ ...next })
    return 'rotated'
  },
})
