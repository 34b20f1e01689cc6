// What ends tokens, and what it ends: by what was asked for and answered, never by a look into the store.

import { removeAccessIdentifier } from '../../src/operations/access-identifiers.ts'
import {
  deleteApplicationKey,
  resumeApplicationKey,
  suspendApplicationKey,
} from '../../src/operations/application-keys.ts'
import { disableClient } from '../../src/operations/clients.ts'
import { removeConnectedApp } from '../../src/operations/connected-apps.ts'
import { OperationError } from '../../src/operations/operation.ts'
import {
  removeTrustedIssuer,
  resumeTrustedIssuer,
  suspendTrustedIssuer,
} from '../../src/operations/trusted-issuers.ts'
import { disableUser } from '../../src/operations/users.ts'
import { newRevocationTag } from '../../src/platform/random.ts'
import { asClientId } from '../../src/protocol/ids.ts'
import { holderEndingNow } from '../../src/tokens/ending.ts'
import { IDENTITY_ISSUER } from '../support/identity-system.ts'
import { MACHINE, userIdOf } from '../support/world.ts'
import { APPS, BROWSER_APP, CONFIDENTIAL_APPS, secretOf, USERNAMES } from './apps.ts'
import type { Acts } from './giving.ts'
import { pick, sameGrant } from './keeping.ts'
import type { MoveName } from './moves.ts'
import { endAll, type Owner, type Token, yesOf } from './tokens.ts'
import type { World } from './world.ts'

type Ending = Extract<
  MoveName,
  | `${'disable' | 'delete' | 'register' | 'suspend' | 'resume' | 'remove' | 'revoke' | 'change'}${string}`
  | 'disconnect'
>

const appOf = (app: 0 | 1 | 'machine') => (app === 'machine' ? MACHINE : APPS[app])
const ofClient =
  (id: string) =>
  ({ client }: Owner) =>
    client === id
const ofUser =
  (name: string) =>
  ({ user }: Owner) =>
    user === name

export const ENDING: Acts<Ending> = {
  async revoke({ node, which }, world) {
    const token = pick(world, which)
    const client = CONFIDENTIAL_APPS.find(({ id }) => id === token?.owner.client)
    if (token === undefined || client === undefined) return
    const { post, deps } = world.nodes[node]
    // Of a token that is not known as such any more, nobody can say what it belonged to.
    const isKnown = await isActive(world, node, token)
    const { status } = await post(deps.contract.paths.revoke ?? '', { token: token.text }, client)
    if (status === 200 && isKnown) endAll(world.known, 'revoked', sameGrant(token))
  },

  async disconnect({ node, user, app }, world) {
    const clientId = asClientId(APPS[app].id)
    const username = USERNAMES[user]
    const context = { ...contextOf(world, node), userId: userIdOf(username) }
    const wasConnected = await removeConnectedApp({ clientId, organisationId: null }, context)
    if (!wasConnected) return
    world.known.takenBack.add(yesOf(username, clientId))
    const isMeant = (owner: Owner) => owner.client === clientId && owner.user === username
    endAll(world.known, 'disconnected', isMeant)
  },

  async 'revoke all'({ node, user }, world) {
    const { store, deps } = world.nodes[node]
    const username = USERNAMES[user]
    const userId = userIdOf(username)
    await store.revokeUserGrants({ ...holderEndingNow(deps), userId, clientId: null })
    for (const { id } of [...APPS, BROWSER_APP]) world.known.takenBack.add(yesOf(username, id))
    endAll(world.known, 'its user ended all', ofUser(username))
  },

  async 'change password'({ node, user }, world) {
    const { store, deps } = world.nodes[node]
    const username = USERNAMES[user]
    // The operation would hash it first, which is made to be slow; no sign-in comes after it.
    const passwordHash = `$argon2id$of-grant-${world.known.grants}`
    const ending = { ...holderEndingNow(deps), userId: userIdOf(username), passwordHash }
    await store.changePassword(ending)
    endAll(world.known, 'its user has another password', ofUser(username))
  },

  async 'disable user'({ node, user }, world) {
    const username = USERNAMES[user]
    if (!(await isDone(disableUser({ username }, contextOf(world, node))))) return
    world.known.ended.add(username)
    endAll(world.known, 'its user is disabled', ofUser(username))
  },

  async 'disable app'({ node, app }, world) {
    const { id: clientId } = appOf(app)
    if (!(await isDone(disableClient({ clientId }, contextOf(world, node))))) return
    world.known.ended.add(clientId)
    endAll(world.known, 'its app is disabled', ofClient(clientId))
  },

  async 'delete app'({ node, app }, world) {
    const { store, deps } = world.nodes[node]
    const id = asClientId(appOf(app).id)
    const found = await store.findClient(deps.tenant.name, id)
    // The operation would ask who in the organisation wants that.
    const isDeleted = found && (await store.deleteClient({ ...holderEndingNow(deps), id }))
    if (!isDeleted) return
    world.deletedApps.set(id, found.client)
    world.known.ended.add(id)
    endAll(world.known, 'its app is deleted', ofClient(id))
  },

  async 'register app'({ node, app }, world) {
    const { store, deps } = world.nodes[node]
    const client = world.deletedApps.get(appOf(app).id)
    if (client === undefined) return
    // The other node may have the one that was deleted in memory, and what it gives for that is void.
    world.clocks.pass(1)
    const record = { ...client, tag: newRevocationTag(), disabledAtSeconds: null }
    const secret = secretOf(appOf(app), record, deps.clock.nowSeconds())
    const outcome = await store.createClient(record, secret)
    if (outcome === 'created') world.known.ended.delete(client.id)
  },

  async 'suspend key'({ node }, world) {
    const { applicationKeyId: keyId } = world.seed
    await endKey(suspendApplicationKey({ keyId }, contextOf(world, node)), 'suspended', world)
  },

  async 'delete key'({ node }, world) {
    const { applicationKeyId: keyId } = world.seed
    await endKey(deleteApplicationKey({ keyId }, contextOf(world, node)), 'deleted', world)
  },

  async 'resume key'({ node }, world) {
    const { applicationKeyId: keyId } = world.seed
    if (await isDone(resumeApplicationKey({ keyId }, contextOf(world, node)))) {
      world.known.ended.delete(keyId)
    }
  },

  async 'suspend issuer'({ node }, world) {
    const ending = suspendTrustedIssuer({ issuer: IDENTITY_ISSUER }, contextOf(world, node))
    await endIssuer(ending, 'suspended', world)
  },

  async 'remove issuer'({ node }, world) {
    const ending = removeTrustedIssuer({ issuer: IDENTITY_ISSUER }, contextOf(world, node))
    await endIssuer(ending, 'removed', world)
  },

  async 'resume issuer'({ node }, world) {
    const resuming = resumeTrustedIssuer({ issuer: IDENTITY_ISSUER }, contextOf(world, node))
    if (await isDone(resuming)) world.known.ended.delete(world.seed.issuerId)
  },

  async 'remove identifier'({ node, user, of }, world) {
    const identifierId = world.seed.identifiers[of][USERNAMES[user]]
    if (!(await isDone(removeAccessIdentifier({ identifierId }, contextOf(world, node))))) return
    world.known.ended.add(identifierId)
    const why = `what stood for ${USERNAMES[user]} is removed`
    endAll(world.known, why, ({ identifier }) => identifier === identifierId)
  },
}

async function endKey(ending: Promise<unknown>, how: string, { seed, known }: World) {
  if (!(await isDone(ending))) return
  known.ended.add(seed.applicationKeyId)
  endAll(known, `its key is ${how}`, ofClient(seed.applicationKeyId))
}

async function endIssuer(ending: Promise<unknown>, how: string, { seed, known }: World) {
  if (!(await isDone(ending))) return
  known.ended.add(seed.issuerId)
  endAll(known, `its issuer is ${how}`, ofClient(seed.issuerId))
}

/** Whether introspection knows it as good at this moment, whatever the law says. */
async function isActive(world: World, node: 0 | 1, token: Token): Promise<boolean> {
  const client = CONFIDENTIAL_APPS.find(({ id }) => id === token.owner.client)
  const { post, deps } = world.nodes[node]
  const { body } = await post(deps.contract.paths.introspect, { token: token.text }, client)
  return body.active === true
}

function contextOf({ nodes }: World, node: 0 | 1) {
  const { store, deps } = nodes[node]
  return { tenant: deps.tenant, clock: deps.clock, store, actor: 'operator' }
}

/** @returns false when there was nothing to do */
async function isDone(operation: Promise<unknown>): Promise<boolean> {
  try {
    await operation
    return true
  } catch (error) {
    if (error instanceof OperationError) return false
    throw error
  }
}
