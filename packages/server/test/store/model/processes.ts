// The model of what processes share: leases, and those who follow a feed.

import type { FollowerStore } from '../../../src/store/port/followers.ts'
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

export function followerModel({ followers }: State): FollowerStore {
  return {
    async recordFollowers(readings, nowSeconds) {
      for (const reading of readings) {
        const { tenant, follower } = reading
        const live = followers.filter(
          (each) => each.tenant === tenant && each.expiresAtSeconds > nowSeconds,
        )
        const isFull = live.filter(like({ isPrompt: 1 })).length >= 64
        if (!live.some(like({ follower })) && isFull) continue
        const known = followers.find(like({ tenant, follower }))
        if (known === undefined) followers.push({ ...reading, isPrompt: 1 })
        else Object.assign(known, reading)
      }
    },

    async findFollowersBehind({ tenant, sequence, nowSeconds }) {
      const behind = followers.filter(
        (each) =>
          each.tenant === tenant &&
          each.isPrompt === 1 &&
          each.sequence < sequence &&
          each.expiresAtSeconds > nowSeconds,
      )
      return behind.map(({ follower }) => follower).toSorted()
    },

    async judgeFollowers({ tenant, sequence, nowSeconds }) {
      let late = 0
      for (const each of followers) {
        if (each.tenant !== tenant || each.expiresAtSeconds <= nowSeconds) continue
        const isPrompt = each.sequence < sequence ? 0 : 1
        if (each.isPrompt === 1 && isPrompt === 0) late++
        each.isPrompt = isPrompt
      }
      return late
    },
  }
}
