// The model's clients.

import type { ClientStore } from '../../../src/store/port.ts'
import { endGrants, nextSequence, publish } from './revocations.ts'
import { by, like, removeWhere, type State } from './state.ts'

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

  async listClients(tenant) {
    const clients = state.clients.filter(like({ tenant }))
    return structuredClone(
      clients.toSorted(
        by(
          (each) => each.createdAtSeconds,
          (each) => each.id,
        ),
      ),
    )
  },

  async createClient(client, secret) {
    const { tenant, id } = client
    if (state.clients.some(like({ tenant, id }))) return 'exists'
    state.clients.push({ ...client })
    if (secret) state.secrets.push({ ...secret })
    return 'created'
  },

  async addClientSecret(secret) {
    state.secrets.push({ ...secret })
  },

  async revokeClientSecret(tenant, clientId, id) {
    return removeWhere(state.secrets, like({ tenant, clientId, id })) > 0
  },

  async recordSecretUse(tenant, id, atSeconds) {
    const secret = state.secrets.find(like({ tenant, id }))
    if (secret) secret.lastUsedAtSeconds = atSeconds
  },

  async disableClient(input) {
    const { tenant, id, nowSeconds } = input
    const client = state.clients.find(like({ tenant, id, disabledAtSeconds: null }))
    if (!client) return false
    client.disabledAtSeconds = nowSeconds
    const sequence = nextSequence(state, tenant)
    endGrants(state, { tenant, clientId: id }, nowSeconds)
    publish(state, { ...input, sequence, kind: 'client', subject: id })
    return true
  },
})
