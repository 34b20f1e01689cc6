// The store as a plain model in memory: every rule in its simplest form, no SQL, nothing concurrent. The
// differential test holds the real stores against it.

import type { BySequence, Store } from '../../../src/store/port.ts'
import { applicationKeyModel, openGrantModel } from './application-keys.ts'
import { auditedModel } from './audited.ts'
import { clientModel } from './clients.ts'
import { grantModel } from './grants.ts'
import { guessModel, tellLeftOut } from './guesses.ts'
import { keyModel } from './keys.ts'
import { peopleModel } from './people.ts'
import { followerModel, leaseModel } from './processes.ts'
import { refreshTokenModel } from './refresh-tokens.ts'
import { revocationModel } from './revocations.ts'
import { by, emptyState, like, partOf, removeWhere, type State } from './state.ts'
import { versionUseModel } from './version-uses.ts'

export function createModel(): Store {
  const state = emptyState()
  return {
    ...auditedModel(changesOf(state), state),
    ...openGrantModel(state),
    ...versionUseModel(state),
    ...leaseModel(state),
    ...followerModel(state),
    // What is kept in memory is compared elsewhere.
    clientsSequence: async () => 0,
    recordAuditEvent: async (event) => void state.auditEvents.push(event),
    listAuditEvents: async (tenant, page) => {
      const events = state.auditEvents.map((event, sequence) => ({ ...event, sequence }))
      const order = by<BySequence>(({ sequence }) => -sequence)
      return partOf(events.filter(like({ tenant })), order, page)
    },
    deleteExpired: async (nowSeconds) => deleteExpired(state, nowSeconds),
    findOutgrownTables: async () => [],
    analyseTable: async () => undefined,
    countExpired: async (nowSeconds) => deleteExpired(structuredClone(state), nowSeconds),
    watch: () => undefined,
    hearNews: () => undefined,
    hearsOthers: () => false,
    load: () => ({
      waiting: 0,
      connections: { busy: 0, idle: 0 },
      groups: { commits: 0, transitions: 0 },
    }),
    check: async () => undefined,
    close: async () => undefined,
  }
}

function changesOf(state: State) {
  return {
    ...clientModel(state),
    ...grantModel(state),
    ...refreshTokenModel(state),
    ...revocationModel(state),
    ...peopleModel(state),
    ...keyModel(state),
    ...applicationKeyModel(state),
    ...guessModel(state),
  }
}

const HOUR = 3600
const DAY = 24 * HOUR

const dayOf = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 10)

function deleteExpired(state: State, now: number): number {
  const expired = (record: { readonly expiresAtSeconds: number | null }) =>
    record.expiresAtSeconds !== null && record.expiresAtSeconds <= now
  const longExpired = ({ expiresAtSeconds }: { readonly expiresAtSeconds: number }) =>
    expiresAtSeconds <= now - 2 * HOUR
  const gone =
    removeWhere(state.codes, ({ expiresAtSeconds }) => expiresAtSeconds <= now - DAY) +
    removeWhere(state.accessTokens, expired) +
    removeWhere(
      state.refreshTokens,
      ({ endsAtSeconds, answer }) =>
        Math.floor(endsAtSeconds / DAY) < Math.floor(now / DAY) && (!answer || expired(answer)),
    )
  return (
    gone +
    wipeAnswers(state, now) +
    removeWhere(state.grants, ({ endsAtSeconds }) => endsAtSeconds <= now - 2 * DAY) +
    removeWhere(state.sessions, (each) => expired(each) || each.endsAtSeconds <= now) +
    removeWhere(state.oneTimeIds, longExpired) +
    removeWhere(state.revocations, longExpired) +
    removeWhere(state.keys, expired) +
    removeWhere(state.allowanceUses, ({ day }) => day < dayOf(now - 400 * DAY)) +
    tellLeftOut(state, now) +
    removeWhere(state.guesses, (each) => each.windowEndsAtSeconds <= now) +
    removeWhere(state.knownCallers, (each) => each.expiresAtSeconds <= now) +
    removeWhere(state.followers, expired) +
    removeWhere(state.leases, (each) => each.endsAtSeconds <= now) +
    removeWhere(state.versionUses, ({ day }) => day < dayOf(now - 400 * DAY))
  )
}

function wipeAnswers(state: State, now: number): number {
  let wiped = 0
  for (const { answer } of state.refreshTokens) {
    if (answer?.sealed === undefined || answer.expiresAtSeconds > now) continue
    answer.sealed = undefined
    wiped++
  }
  return wiped
}
