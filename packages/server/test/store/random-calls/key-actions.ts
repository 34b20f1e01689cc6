// Random calls about application keys, access identifiers and trusted issuers, and about the grants they open.

import { asClientId, type ClientId } from '../../../src/protocol/ids.ts'
import type { GrantGuard } from '../../../src/store/port.ts'
import {
  accessIdentifierRecord,
  applicationKeyRecord,
  CLIENT,
  clientEnding,
  grantRecord,
  HOUR,
  hashOf,
  trustedIssuerRecord,
} from '../records.ts'
import {
  type Action,
  endingIn,
  eventIn,
  holderEndingIn,
  pick,
  tagsIn,
  USERS,
  type World,
} from './world.ts'

const createKey: Action = (world, { what, how }) => {
  const { tenant, nowSeconds } = world
  const key = applicationKeyRecord({
    tenant,
    hash: hashOf(`key ${how}`),
    createdAtSeconds: nowSeconds,
    expiresAtSeconds: what === 0 ? nowSeconds + HOUR : null,
  })
  world.applicationKeys.push(key)
  return (store) => store.createApplicationKey(key, eventIn(world))
}

const createIssuer: Action = (world, { how }) => {
  const { tenant, nowSeconds } = world
  const name = `https://issuer-${how % 3}.example`
  const issuer = trustedIssuerRecord({ tenant, issuer: name, createdAtSeconds: nowSeconds })
  world.trustedIssuers.push(issuer)
  return (store) => store.createTrustedIssuer(issuer, eventIn(world))
}

const createIdentifier: Action = (world, { who, how }) => {
  const { tenant, nowSeconds } = world
  const issuer = how % 3 === 0 ? pick(world.trustedIssuers, how) : undefined
  const identifier = accessIdentifierRecord({
    tenant,
    userId: pick(USERS, who),
    kind: issuer ? 'identity' : 'authentication_code',
    hash: hashOf(`identifier ${how}`),
    trustedIssuerId: issuer?.id ?? null,
    createdAtSeconds: nowSeconds,
  })
  world.accessIdentifiers.push(identifier)
  return async (store) => {
    const isKnown = !issuer || (await store.listTrustedIssuers(tenant)).some(isSame(issuer))
    return isKnown && store.createAccessIdentifier(identifier, eventIn(world))
  }
}

const isSame = (record: { id: string }) => (other: { id: string }) => other.id === record.id

function guardOf(world: World, { who, what, how }: Parameters<Action>[1]): GrantGuard {
  const accessIdentifierId = pick(world.accessIdentifiers, how).id
  const { id: trustedIssuerId } = pick(world.trustedIssuers, what)
  const { tenant, nowSeconds } = world
  const jwt = { expiresAtSeconds: nowSeconds + 60, madeAtSeconds: nowSeconds }
  const once = { tenant, purpose: 'jwt', id: `${how}`, ...jwt }
  const guards: readonly GrantGuard[] = [
    { kind: 'password', userId: pick(USERS, who), passwordHash: '$argon2id$old' },
    {
      kind: 'key',
      keyId: pick(world.applicationKeys, what).id,
      accessIdentifierId: how % 2 === 0 ? null : accessIdentifierId,
    },
    {
      kind: 'identity',
      trustedIssuerId,
      accessIdentifierId,
      once: how % 4 === 0 ? once : null,
    },
    { kind: 'code', accessIdentifierId },
  ]
  return pick(guards, who)
}

function clientOf(guard: GrantGuard): ClientId {
  if (guard.kind === 'password') return CLIENT
  if (guard.kind === 'code') return asClientId(guard.accessIdentifierId)
  return guard.kind === 'key' ? guard.keyId : guard.trustedIssuerId
}

const openGrant: Action = (world, numbers) => {
  const { tenant, nowSeconds } = world
  const guard = guardOf(world, numbers)
  const clientId = clientOf(guard)
  const userId = numbers.how % 5 === 0 ? null : pick(USERS, numbers.who)
  const grant = grantRecord({
    ...{ tenant, clientId, userId, createdAtSeconds: nowSeconds },
    ...tagsIn(world, clientId, userId),
  })
  world.grants.push(grant)
  const tokens = { accessToken: null, refreshToken: null }
  const endsAtSeconds = nowSeconds + 2 * HOUR
  return (store) => store.openGrant({ grant, tokens, endsAtSeconds, guard })
}

const endKey: Action = (world, numbers) => {
  const { tenant } = world
  const { what, how } = numbers
  const { id } = pick(world.applicationKeys, what)
  const isResumed = how % 3 === 2
  const ending = clientEnding({ tenant, id, ...(!isResumed && holderEndingIn(world, id, numbers)) })
  return async (store) => {
    if (how % 3 === 0) return store.deleteApplicationKey(ending, eventIn(world))
    return how % 3 === 1
      ? store.suspendApplicationKey(ending, eventIn(world))
      : store.resumeApplicationKey(tenant, id, eventIn(world))
  }
}

const endIssuer: Action = (world, numbers) => {
  const { tenant } = world
  const { what, how } = numbers
  const { id } = pick(world.trustedIssuers, what)
  const isResumed = how % 3 === 2
  const ending = clientEnding({ tenant, id, ...(!isResumed && holderEndingIn(world, id, numbers)) })
  return async (store) => {
    if (how % 3 === 0) return store.deleteTrustedIssuer(ending, eventIn(world))
    return how % 3 === 1
      ? store.suspendTrustedIssuer(ending, eventIn(world))
      : store.resumeTrustedIssuer(tenant, id, eventIn(world))
  }
}

const deleteIdentifier: Action = (world, { what }) => {
  const ending = { ...endingIn(world), id: pick(world.accessIdentifiers, what).id }
  return (store) => store.deleteAccessIdentifier(ending, eventIn(world))
}

const noteUse: Action = (world, { what }) => {
  const { tenant, nowSeconds } = world
  return async (store) => {
    await store.recordApplicationKeyUse(tenant, pick(world.applicationKeys, what).id, nowSeconds)
    await store.recordAccessIdentifierUse(
      ...([tenant, pick(world.accessIdentifiers, what).id, nowSeconds] as const),
    )
  }
}

const lookAtKeys: Action = (world, { who, what }) => {
  const { tenant } = world
  const { kind, hash } = pick(world.accessIdentifiers, what)
  return async (store) => [
    await store.findApplicationKey(tenant, pick(world.applicationKeys, what).hash),
    await store.listApplicationKeys(tenant),
    await store.findAccessIdentifier(tenant, kind, hash),
    await store.listAccessIdentifiers(tenant, pick(USERS, who)),
    await store.findTrustedIssuer(tenant, pick(world.trustedIssuers, what).issuer),
    await store.listTrustedIssuers(tenant),
    await store.findUnit(tenant, pick(['unit-1', 'unit-2'], what)),
    await store.findGrant(tenant, pick(world.grants, what).id),
  ]
}

export const KEY_ACTIONS = {
  createKey,
  createIssuer,
  createIdentifier,
  openGrant,
  endKey,
  endIssuer,
  deleteIdentifier,
  noteUse,
  lookAtKeys,
}
