// The model's clients.

import { isDeepStrictEqual } from 'node:util'
import type { ClientEnding, ClientStore } from '../../../src/store/port.ts'
import type {
  AllowanceUseRecord,
  ClientRecord,
  ClientSecretRecord,
} from '../../../src/store/records.ts'
import { endHolder } from './revocations.ts'
import { by, lastDayOf, like, pageOf, partOf, removeWhere, type State } from './state.ts'

const idOf = ({ id }: { readonly id: string }) => id

const sumOf = (uses: readonly AllowanceUseRecord[]) => ({
  uses: uses.reduce((sum, each) => sum + each.uses, 0),
  lastDay: lastDayOf(uses),
})

const changeableOf = (client: ClientRecord) => ({ ...client, tag: '', lastUsedAtSeconds: null })

function isTaken(state: State, { tenant, id }: ClientRecord): boolean {
  return state.clients.some(like({ tenant, id }))
}

function endClient(state: State, { tag }: ClientRecord, input: ClientEnding): void {
  endHolder(state, { kind: 'client', id: input.id, tag }, input)
}

export const clientModel = (state: State): ClientStore => ({
  async findClient(tenant, id) {
    const client = state.clients.find(like({ tenant, id }))
    const secrets = state.secrets.filter(like({ tenant, clientId: id })).toSorted(
      by(
        (secret) => secret.createdAtSeconds,
        (secret) => secret.id,
      ),
    )
    return client ? structuredClone({ client, secrets }) : null
  },

  async listClients(tenant, page) {
    return structuredClone(pageOf(state.clients.filter(like({ tenant })), page))
  },

  async listClientsOfOrganisation(tenant, organisationId, page) {
    return structuredClone(pageOf(state.clients.filter(like({ tenant, organisationId })), page))
  },

  async listVouchedNames(tenant, page) {
    const vouched = state.clients.filter(
      ({ party, publisher, disabledAtSeconds, ...client }) =>
        client.tenant === tenant &&
        disabledAtSeconds === null &&
        (party === 'first' || publisher !== null),
    )
    return partOf(vouched, by(idOf), page).map(({ id, name }) => ({ id, name }))
  },

  async createClient(client, secret) {
    if (isTaken(state, client)) return 'exists'
    state.clients.push({ ...client })
    if (secret) state.secrets.push({ ...secret })
    return 'created'
  },

  async importClients(clients) {
    const before = state.clients.length
    const taken: number[] = []
    for (const [position, { client }] of clients.entries()) {
      if (isTaken(state, client)) taken.push(position)
      else state.clients.push({ ...client })
    }
    if (taken.length > 0) state.clients.length = before
    else state.secrets.push(...clients.flatMap((each) => structuredClone([...each.secrets])))
    return taken
  },

  async addClientSecret(secret) {
    const { tenant, clientId, hash, createdAtSeconds } = secret
    if (!state.clients.some(like({ tenant, id: clientId, disabledAtSeconds: null }))) {
      return 'no_client'
    }
    const held = state.secrets.filter(like({ tenant, clientId }))
    if (held.some(like({ hash }))) return 'held'
    if (state.revokedSecrets.some(like({ tenant, clientId, hash }))) return 'revoked'
    const isLive = (each: ClientSecretRecord) =>
      each.expiresAtSeconds === null || each.expiresAtSeconds > createdAtSeconds
    if (held.filter(isLive).length >= 5) return 'full'
    state.secrets.push({ ...secret })
    return 'added'
  },

  async isSecretRevoked({ tenant, clientId, hash }) {
    return state.revokedSecrets.some(like({ tenant, clientId, hash }))
  },

  async revokeClientSecret({ tenant, clientId, id }) {
    const revoked = state.secrets.find(like({ tenant, clientId, id }))
    if (!revoked) return false
    state.revokedSecrets.push({ tenant, clientId, hash: revoked.hash })
    removeWhere(state.secrets, like({ tenant, clientId, id }))
    return true
  },

  async recordSecretUse({ tenant, clientId, id }, atSeconds) {
    const secret = state.secrets.find(like({ tenant, clientId, id }))
    if (secret) secret.lastUsedAtSeconds = atSeconds
  },

  async recordClientUse(tenant, id, atSeconds) {
    const client = state.clients.find(like({ tenant, id }))
    if (client) client.lastUsedAtSeconds = atSeconds
  },

  async addAllowanceUses(uses) {
    for (const { tenant, clientId, allowance, day, uses: count } of uses) {
      const kept = state.allowanceUses.find(like({ tenant, clientId, allowance, day }))
      if (kept) kept.uses += count
      else state.allowanceUses.push({ tenant, clientId, allowance, day, uses: count })
    }
  },

  async listAllowanceUses({ tenant, clientId, fromDay }) {
    const found = state.allowanceUses
      .filter(like({ tenant, clientId }))
      .filter(({ day }) => day >= fromDay)
    const groups = Map.groupBy(found, ({ allowance }) => allowance)
    return [...groups]
      .map(([allowance, group]) => ({ allowance, ...sumOf(group) }))
      .toSorted(by((each) => each.allowance))
  },

  async disableClient(input) {
    const { tenant, id, nowSeconds } = input
    const client = state.clients.find(like({ tenant, id, disabledAtSeconds: null }))
    if (!client) return false
    endClient(state, client, input)
    Object.assign(client, { disabledAtSeconds: nowSeconds, tag: input.newTag })
    return true
  },

  async updateClient(before, after) {
    const { tenant, id, createdAtSeconds } = before
    const client = state.clients.find(like({ tenant, id, disabledAtSeconds: null }))
    if (!client || !isDeepStrictEqual(changeableOf(client), changeableOf(before))) return 'outdated'
    const { tag, lastUsedAtSeconds } = client
    const kept = { tenant, id, tag, createdAtSeconds, lastUsedAtSeconds, disabledAtSeconds: null }
    Object.assign(client, after, kept)
    return 'updated'
  },

  async deleteClient(input) {
    const { tenant, id } = input
    const client = state.clients.find(like({ tenant, id }))
    if (!client) return false
    removeWhere(state.clients, like({ tenant, id }))
    const secrets = state.secrets.filter(like({ tenant, clientId: id }))
    state.revokedSecrets.push(...secrets.map(({ hash }) => ({ tenant, clientId: id, hash })))
    removeWhere(state.secrets, like({ tenant, clientId: id }))
    removeWhere(state.consents, like({ tenant, clientId: id }))
    endClient(state, client, input)
    return true
  },
})
