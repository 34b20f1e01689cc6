// The model of what processes share: failed guesses and leases.

import type { GuessStore, LeaseStore } from '../../../src/store/port/process.ts'
import { by, like, removeWhere, type State } from './state.ts'

export function guessModel({ failedGuesses }: State): GuessStore {
  return {
    async recordFailedGuess({ purpose, hash, nowSeconds, windowEndsAtSeconds }) {
      const found = failedGuesses.find(like({ purpose, hash }))
      if (found && nowSeconds < found.windowEndsAtSeconds) return ++found.failures
      removeWhere(failedGuesses, like({ purpose, hash }))
      failedGuesses.push({ purpose, hash, failures: 1, windowEndsAtSeconds })
      return 1
    },

    async listBlockedGuesses({ purpose, failures, nowSeconds }) {
      return failedGuesses
        .filter((each) => each.purpose === purpose && each.failures >= failures)
        .filter((each) => nowSeconds < each.windowEndsAtSeconds)
        .map(({ hash, windowEndsAtSeconds }) => ({ hash, windowEndsAtSeconds }))
        .toSorted(by(({ hash }) => hash))
    },
  }
}

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
