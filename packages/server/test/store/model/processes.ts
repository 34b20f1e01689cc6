// The model of what processes share: leases.

import type { LeaseStore } from '../../../src/store/port/process.ts'
import { like, removeWhere, type State } from './state.ts'

export function leaseModel({ leases }: State): LeaseStore {
  return {
    async takeLease({ task, holder, nowSeconds, endsAtSeconds }) {
      const found = leases.find(like({ task }))
      if (found && found.holder !== holder && nowSeconds < found.endsAtSeconds) return false
      removeWhere(leases, like({ task }))
      leases.push({ task, holder, endsAtSeconds })
      return true
    },

    endLease: async (task, holder) => removeWhere(leases, like({ task, holder })) > 0,
  }
}
