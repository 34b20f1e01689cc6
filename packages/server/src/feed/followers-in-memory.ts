// What a process that is alone knows of those who follow its feeds. It is gone with the process, as their requests are.

import { MOST_FOLLOWERS } from '../store/limits.ts'
import type { FollowerReading, FollowerStore } from '../store/port/followers.ts'
import type { NewsStore } from '../store/port/process.ts'

interface Follower extends FollowerReading {
  readonly isAwaited: boolean
}

export function createFollowersInMemory(): FollowerStore & NewsStore {
  const tenants = new Map<string, Map<string, Follower>>()
  const hearers: Parameters<NewsStore['hearNews']>[0][] = []

  function listLive(tenant: string, nowSeconds: number): readonly Follower[] {
    const live = [...(tenants.get(tenant)?.values() ?? [])]
    return live.filter(({ expiresAtSeconds }) => expiresAtSeconds > nowSeconds)
  }

  function record(reading: FollowerReading, nowSeconds: number): void {
    const { tenant, follower } = reading
    const live = new Map(listLive(tenant, nowSeconds).map((each) => [each.follower, each]))
    tenants.set(tenant, live)
    const known = live.get(follower)
    const awaited = [...live.values()].filter(({ isAwaited }) => isAwaited)
    if (known === undefined && awaited.length >= MOST_FOLLOWERS) return
    live.set(follower, { ...reading, isAwaited: known?.isAwaited ?? true })
  }

  return {
    async recordFollowers(readings, nowSeconds) {
      for (const reading of readings) record(reading, nowSeconds)
      for (const tenant of new Set(readings.map((reading) => reading.tenant))) {
        for (const hear of hearers) hear({ of: 'followers', tenant })
      }
    },
    async findFollowersBehind({ tenant, sequence, nowSeconds }) {
      const behind = listLive(tenant, nowSeconds).filter(
        (each) => each.isAwaited && each.sequence < sequence,
      )
      return behind.map(({ follower }) => follower).toSorted()
    },
    async judgeFollowers({ tenant, sequence, nowSeconds }) {
      let late = 0
      for (const each of listLive(tenant, nowSeconds)) {
        const isAwaited = each.sequence >= sequence
        if (each.isAwaited && !isAwaited) late += 1
        tenants.get(tenant)?.set(each.follower, { ...each, isAwaited })
      }
      return late
    },
    hearNews: (hear) => void hearers.push(hear),
    hearsOthers: () => true,
  }
}
