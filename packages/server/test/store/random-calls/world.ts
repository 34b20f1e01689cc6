// What random calls are made of: few users and apps, and the tokens handed out before, so that calls meet each
// other often. A call depends on what was drawn for it, never on the answers of the store under test.

import { newRevocationTag } from '../../../src/platform/random.ts'
import type { RevocationTag } from '../../../src/protocol/ids.ts'
import type { Ending, HolderEnding, Page, Store } from '../../../src/store/port.ts'
import type { AuditEventRecord } from '../../../src/store/records.ts'
import {
  accessIdentifierRecord,
  accessTokenRecord,
  applicationKeyRecord,
  auditEventRecord,
  CLIENT,
  clientRecord,
  codeRecord,
  grantRecord,
  keyRecord,
  membershipRecord,
  NOW,
  newTenant,
  OTHER_CLIENT,
  OTHER_USER,
  organisationRecord,
  refreshTokenRecord,
  sessionRecord,
  tagOf,
  trustedIssuerRecord,
  USER,
  unitRecord,
  userRecord,
} from '../records.ts'

export type Call = (store: Store) => Promise<unknown>

/** Makes a call of the numbers that were drawn for it, as far as it needs them. */
export type Action = (world: World, numbers: Numbers) => Call

export interface Numbers {
  readonly who: number
  readonly what: number
  readonly how: number
}

export type World = ReturnType<typeof createWorld>

/** What was handed out so far. Of each kind, the first was never stored. */
export function createWorld() {
  const tenant = newTenant()
  const grant = grantRecord({ tenant })
  const ids = { tenant, grantId: grant.id }
  return {
    tenant,
    nowSeconds: NOW,
    /** Of what was ended so far. */
    tags: new Map<string, RevocationTag>(),
    grants: [grant],
    codes: [codeRecord(ids)],
    refreshTokens: [refreshTokenRecord(ids)],
    accessTokens: [accessTokenRecord(ids)],
    sessions: [sessionRecord({ tenant })],
    keys: [keyRecord({ tenant })],
    ...newKeys(tenant),
  }
}

/** The prelude stores the second of each. */
function newKeys(tenant: string) {
  const issuer = trustedIssuerRecord({ tenant })
  const identity = { kind: 'identity', trustedIssuerId: issuer.id } as const
  return {
    applicationKeys: [applicationKeyRecord({ tenant }), applicationKeyRecord({ tenant })],
    trustedIssuers: [trustedIssuerRecord({ tenant }), issuer],
    accessIdentifiers: [
      accessIdentifierRecord({ tenant }),
      accessIdentifierRecord({ tenant, ...identity }),
    ],
  }
}

/** Drops the newest tokens when their call was refused: otherwise most calls would be about unknown ones. */
export async function forgetRefused(world: World, model: Store): Promise<void> {
  const { tenant, nowSeconds, refreshTokens, accessTokens } = world
  const refreshToken = pick(refreshTokens, 0)
  const known = await model.findRefreshToken(tenant, refreshToken.hash)
  if (!known && refreshTokens.length > 1) refreshTokens.pop()
  const accessToken = pick(accessTokens, 0)
  const live = await model.findAccessToken(tenant, accessToken.hash, nowSeconds)
  if (!live && accessTokens.length > 1) accessTokens.pop()
}

/** What must be there before anything else. */
export function preludeOf(world: World): Call[] {
  const { tenant } = world
  return [
    (store) => store.createOrganisation(organisationRecord({ tenant }), [unitRecord({ tenant })]),
    (store) => store.createClient(clientRecord({ tenant }), null),
    (store) => store.createClient(clientRecord({ tenant, id: OTHER_CLIENT }), null),
    (store) => store.createUser(userRecord({ tenant }), [membershipRecord({ tenant })]),
    (store) => store.createUser(userRecord({ tenant, id: OTHER_USER, username: 'bo' }), []),
    (store) => store.createApplicationKey(pick(world.applicationKeys, 0)),
    (store) => store.createTrustedIssuer(pick(world.trustedIssuers, 0)),
    (store) => store.createAccessIdentifier(pick(world.accessIdentifiers, 0)),
  ]
}

export const CLIENTS = [CLIENT, OTHER_CLIENT]
export const USERS = [USER, OTHER_USER]

/** Counting from the end, so that small numbers mean what is new. */
export function pick<Item>(items: readonly Item[], number: number): Item {
  if (items.length === 0) throw new RangeError('nothing to pick from')
  return items[items.length - 1 - (number % items.length)] as Item
}

/** What a change is given to tell of itself. */
export function eventIn({ tenant, nowSeconds }: World): AuditEventRecord {
  return auditEventRecord({ tenant, atSeconds: nowSeconds, action: 'test.changed' })
}

export function endingIn({ tenant, nowSeconds }: World): Ending {
  return { tenant, nowSeconds }
}

/** The end of what has a tag. From now on, as long as it comes about, what is opened with it knows the new one. */
export function holderEndingIn(world: World, id: string, { how }: Numbers): HolderEnding {
  const newTag = newRevocationTag()
  world.tags.set(id, newTag)
  return { ...endingIn(world), newTag, tokensName: how % 2 === 0 ? 'tags' : 'grant' }
}

/** The tags that a new grant of these knows. */
export function tagsIn(world: World, clientId: string, userId: string | null) {
  const tag = (id: string) => world.tags.get(id) ?? tagOf(id)
  return { clientTag: tag(clientId), userTag: userId === null ? null : tag(userId) }
}

/** All parts of a list: each begins after what the store itself named last. */
export async function listInParts<Item>(
  limit: number,
  list: (page: Page<never>) => Promise<readonly Item[]>,
): Promise<readonly (readonly Item[])[]> {
  const parts: (readonly Item[])[] = []
  for (let after: Item | undefined; ; ) {
    const part = await list({ limit, after: after as never })
    parts.push(part)
    if (part.length < limit) return parts
    after = part.at(-1)
  }
}
