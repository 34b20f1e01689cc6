// The model's application keys, access identifiers and trusted issuers, and the grants that are opened with them.

import type {
  ApplicationKeyStore,
  ClientEnding,
  GrantGuard,
  GrantStore,
  OpenGrantOutcome,
} from '../../../src/store/port.ts'
import type { ApplicationKeyRecord, GrantRecord } from '../../../src/store/records.ts'
import { makeRoom, openGrant } from './grants.ts'
import { endHolder, endOneByOne, hasCurrentTags } from './revocations.ts'
import { like, type Mutable, pageOf, removeWhere, type State } from './state.ts'

type Opener = Pick<Mutable<ApplicationKeyRecord>, 'id' | 'tenant' | 'tag' | 'suspendedAtSeconds'>

/** What keys and issuers have in common. */
function suspend(state: State, openers: Opener[], input: ClientEnding): boolean {
  const { tenant, id } = input
  const opener = openers.find(like({ tenant, id, suspendedAtSeconds: null }))
  if (!opener) return false
  const { tag } = opener
  opener.suspendedAtSeconds = input.nowSeconds
  opener.tag = input.newTag
  endHolder(state, { kind: 'client', id, tag }, input)
  return true
}

function remove(state: State, openers: Opener[], input: ClientEnding): boolean {
  const { tenant, id } = input
  const opener = openers.find(like({ tenant, id }))
  if (!opener) return false
  removeWhere(openers, like({ tenant, id }))
  endHolder(state, { kind: 'client', id, tag: opener.tag }, input)
  return true
}

function resume(openers: Opener[], tenant: string, id: string): boolean {
  const opener = openers.find(like({ tenant, id }))
  if (!opener || opener.suspendedAtSeconds === null) return false
  opener.suspendedAtSeconds = null
  return true
}

export const applicationKeyModel = (state: State): ApplicationKeyStore => ({
  ...keyMethods(state),
  ...identifierMethods(state),
  ...issuerMethods(state),
})

type KeyMethods = Extract<keyof ApplicationKeyStore, `${string}ApplicationKey${string}`>

function keyMethods(state: State): Pick<ApplicationKeyStore, KeyMethods> {
  const keys = state.applicationKeys
  return {
    async createApplicationKey(key) {
      const { tenant, id, hash } = key
      if (keys.some(like({ tenant, id })) || keys.some(like({ tenant, hash }))) return 'exists'
      keys.push({ ...key })
      return 'created'
    },
    async findApplicationKey(tenant, hash) {
      return structuredClone(keys.find(like({ tenant, hash })) ?? null)
    },
    async listApplicationKeys(tenant, page) {
      return structuredClone(pageOf(keys.filter(like({ tenant })), page))
    },
    async recordApplicationKeyUse(tenant, id, atSeconds) {
      const key = keys.find(like({ tenant, id }))
      if (key) key.lastUsedAtSeconds = atSeconds
    },
    suspendApplicationKey: async (input) => suspend(state, keys, input),
    resumeApplicationKey: async (tenant, id) => resume(keys, tenant, id),
    deleteApplicationKey: async (input) => remove(state, keys, input),
  }
}

type IdentifierMethods = Extract<keyof ApplicationKeyStore, `${string}AccessIdentifier${string}`>

function identifierMethods(state: State): Pick<ApplicationKeyStore, IdentifierMethods> {
  const identifiers = state.accessIdentifiers
  return {
    async createAccessIdentifier(identifier) {
      const { tenant, id, kind, hash } = identifier
      const isTaken =
        identifiers.some(like({ tenant, id })) || identifiers.some(like({ tenant, kind, hash }))
      if (isTaken) return 'exists'
      identifiers.push({ ...identifier })
      return 'created'
    },
    async findAccessIdentifier(tenant, kind, hash) {
      const identifier = identifiers.find(like({ tenant, kind, hash }))
      const user = state.users.find((each) => each.id === identifier?.userId)
      return identifier && user ? structuredClone({ identifier, user }) : null
    },
    async listAccessIdentifiers(tenant, userId, page) {
      return structuredClone(pageOf(identifiers.filter(like({ tenant, userId })), page))
    },
    async recordAccessIdentifierUse(tenant, id, atSeconds) {
      const identifier = identifiers.find(like({ tenant, id }))
      if (identifier) identifier.lastUsedAtSeconds = atSeconds
    },
    async deleteAccessIdentifier(input) {
      const { tenant, id } = input
      if (removeWhere(identifiers, like({ tenant, id })) === 0) return false
      endOneByOne(state, { accessIdentifierId: id }, input)
      return true
    },
  }
}

type IssuerMethods = Extract<keyof ApplicationKeyStore, `${string}TrustedIssuer${string}`>

function issuerMethods(state: State): Pick<ApplicationKeyStore, IssuerMethods> {
  const issuers = state.trustedIssuers
  return {
    async createTrustedIssuer(record) {
      const { tenant, id, issuer } = record
      const isTaken = issuers.some(like({ tenant, id })) || issuers.some(like({ tenant, issuer }))
      if (isTaken) return 'exists'
      issuers.push({ ...record })
      return 'created'
    },
    async findTrustedIssuer(tenant, issuer) {
      return structuredClone(issuers.find(like({ tenant, issuer })) ?? null)
    },
    async findTrustedIssuerById(tenant, id) {
      return structuredClone(issuers.find(like({ tenant, id })) ?? null)
    },
    async listTrustedIssuers(tenant, page) {
      return structuredClone(pageOf(issuers.filter(like({ tenant })), page))
    },
    suspendTrustedIssuer: async (input) => suspend(state, issuers, input),
    resumeTrustedIssuer: async (tenant, id) => resume(issuers, tenant, id),
    async deleteTrustedIssuer(input) {
      const { tenant, id } = input
      removeWhere(state.accessIdentifiers, like({ tenant, trustedIssuerId: id }))
      return remove(state, issuers, input)
    },
  }
}

export const openGrantModel = (state: State): Pick<GrantStore, 'openGrant'> => ({
  async openGrant({ grant, guard, ...opening }) {
    const ended = findEnded(state, guard, grant)
    if (ended) return ended
    if (guard.kind === 'identity' && guard.once !== null) {
      const { tenant, purpose, id } = guard.once
      if (state.oneTimeIds.some(like({ tenant, purpose, id }))) return 'already_used'
      state.oneTimeIds.push(guard.once)
    }
    const accessIdentifierId = guard.kind === 'password' ? null : guard.accessIdentifierId
    if (guard.kind === 'password') makeRoom(state, grant, grant.createdAtSeconds)
    openGrant(state, grant, { ...opening, accessIdentifierId })
    return 'opened'
  },
})

function findEnded(
  state: State,
  guard: GrantGuard,
  grant: GrantRecord,
): OpenGrantOutcome | undefined {
  const { tenant, userId, userTag } = grant
  const enabled = { tenant, disabledAtSeconds: null }
  if (guard.kind === 'password') {
    const { passwordHash } = guard
    const user = { ...enabled, id: guard.userId, passwordHash }
    const isHeld = passwordHash !== null && state.users.some(like(user))
    return isHeld && userTag !== null && hasCurrentTags(state, grant) ? undefined : 'user_ended'
  }
  const ended = findEndedOpener(state, guard, grant)
  if (ended) return ended
  const { accessIdentifierId: id } = guard
  if (id !== null && !state.accessIdentifiers.some(like({ tenant, id }))) return 'identifier_gone'
  const user = { ...enabled, id: userId, tag: userTag }
  if (userId !== null && !state.users.some(like(user))) return 'user_ended'
  return undefined
}

/** The key or the issuer, where one of them opens it. */
function findEndedOpener(
  state: State,
  guard: GrantGuard,
  { tenant, clientTag, createdAtSeconds }: GrantRecord,
): OpenGrantOutcome | undefined {
  const inForce = { tenant, tag: clientTag, suspendedAtSeconds: null }
  if (guard.kind === 'key') {
    const key = state.applicationKeys.find(like({ ...inForce, id: guard.keyId }))
    return !key || (key.expiresAtSeconds ?? Infinity) <= createdAtSeconds ? 'key_ended' : undefined
  }
  if (guard.kind !== 'identity') return undefined
  const issuer = like({ ...inForce, id: guard.trustedIssuerId })
  return state.trustedIssuers.some(issuer) ? undefined : 'issuer_ended'
}
