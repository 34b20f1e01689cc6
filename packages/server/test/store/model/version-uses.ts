// The model of counts per version of the API.

import type { VersionUsesKey } from '../../../src/store/port/versions.ts'
import type { VersionUseStore } from '../../../src/store/port.ts'
import { by, lastDayOf, like, partOf, type State } from './state.ts'

export function versionUseModel(state: State): VersionUseStore {
  return {
    async recordVersionUses({ uses, batch }) {
      if (batch) {
        const { tenant, purpose, id } = batch
        if (state.oneTimeIds.some(like({ tenant, purpose, id }))) return 'already_recorded'
        state.oneTimeIds.push(batch)
      }
      for (const use of uses) {
        const { tenant, clientId, version, day } = use
        if (!state.clients.some(like({ tenant, id: clientId }))) continue
        const known = state.versionUses.find(like({ tenant, clientId, version, day }))
        if (known) known.calls += use.calls
        else state.versionUses.push({ ...use })
      }
      return 'recorded'
    },

    async listVersionUses({ tenant, clientId, fromDay }, page) {
      const found = state.versionUses
        .filter(like({ tenant }))
        .filter((use) => clientId === null || use.clientId === clientId)
        .filter(({ day }) => day >= fromDay)
      const groups = Map.groupBy(found, (use) => `${use.clientId} ${use.version}`)
      const sums = [...groups.values()].flatMap((uses) =>
        uses.slice(0, 1).map(({ clientId: app, version }) => ({
          ...{ clientId: app, version },
          calls: uses.reduce((sum, { calls }) => sum + calls, 0),
          lastDay: lastDayOf(uses),
        })),
      )
      const order = by<VersionUsesKey>(
        (use) => use.clientId,
        ({ version }) => version,
      )
      return partOf(sums, order, page)
    },
  }
}
