// Signing keys of a tenant: looking at them, and replacing the current one ahead of its time.

import type { Sealer } from '../platform/seal.ts'
import type { SigningAlgorithm } from '../protocol/policy.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { KeyRecord } from '../store/records.ts'
import { type KeyRotation, type KeySet, listKeySets, opens, rotateKeys } from '../tokens/keys.ts'
import { type OperationContext, refusal } from './operation.ts'

export interface KeyContext extends OperationContext {
  readonly sealer: Sealer
}

/** A key without its private part. */
export type KeyView = Pick<
  KeyRecord,
  | 'kid'
  | 'resourceServer'
  | 'algorithm'
  | 'state'
  | 'createdAtSeconds'
  | 'activatedAtSeconds'
  | 'expiresAtSeconds'
>

/** Current first. A tenant whose server has never started has none. */
export async function listSigningKeys({
  tenant,
  store,
  clock,
}: OperationContext): Promise<readonly KeyView[]> {
  const keys = await store.listKeys(tenant.name, clock.nowSeconds())
  return keys.map(({ tenant: _, publicJwk: __, sealedPrivateJwk: ___, ...key }) => key)
}

/** What may be asked of a rotation. */
export interface KeyRotationInput {
  /** Even when APIs may not know the next key yet. */
  readonly force: boolean
  /** Of one API, where they have keys of their own. */
  readonly audience?: string | undefined
  /** Where ID tokens are signed with others than access tokens: which. Those of access tokens when not given. */
  readonly algorithm?: SigningAlgorithm | undefined
  /** The keys that are there can never be opened again: makes others, under the master key of today. */
  readonly masterKeyLost?: boolean
}

/**
 * The next key becomes the current one. @returns its kid
 * @throws OperationError when APIs may not know the next key yet; `force` does it all the same
 * @throws MasterKeyError when the master key is not the one that the keys are sealed under
 */
export async function rotateSigningKeys(
  input: KeyRotationInput,
  context: KeyContext,
): Promise<{ readonly currentKid: string }> {
  const set = await pickKeySet(input, context)
  const rotated = await rotateSet(set, input, context)
  if (!input.masterKeyLost) return rotated
  // The keys of ID tokens are lost with those of access tokens.
  for (const other of await listOthers(set, context)) await rotateSet(other, input, context)
  return rotated
}

async function listOthers(set: KeySet, context: KeyContext): Promise<readonly KeySet[]> {
  const keys = await listSigningKeys(context)
  return keys
    .filter(({ state }) => state === 'current')
    .map(({ resourceServer: audience, algorithm }) => ({ audience, algorithm }))
    .filter(({ audience, algorithm }) => audience === set.audience && algorithm !== set.algorithm)
}

async function rotateSet(
  set: KeySet,
  { force, masterKeyLost = false }: KeyRotationInput,
  context: KeyContext,
): Promise<{ readonly currentKid: string }> {
  const { actor, requestId = null } = context
  const rotate = () =>
    rotateKeys(context, {
      ...{ ...set, masterKeyLost, by: { actor, requestId } },
      force: force || masterKeyLost,
    })
  const rotation = await rotate()
  if (rotation.outcome !== 'rotated') throw refuseRotation(rotation)
  const { currentKid } = rotation
  if (!masterKeyLost || (await currentOpens(currentKid, context))) return { currentKid }
  // The next key was lost as well: the one made just now opens.
  const second = await rotate()
  if (second.outcome !== 'rotated') throw refuseRotation(second)
  return { currentKid: second.currentKid }
}

async function currentOpens(kid: string, context: KeyContext): Promise<boolean> {
  const { tenant, store, clock } = context
  const keys = await store.listKeys(tenant.name, clock.nowSeconds())
  return keys.some((key) => key.kid === kid && opens(key, context))
}

function refuseRotation(rotation: Exclude<KeyRotation, { outcome: 'rotated' }>): Error {
  return rotation.outcome === 'too_young'
    ? refusal(
        'key',
        `next was published only just: APIs may not know it for another ${rotation.waitSeconds} seconds; wait, or force it and accept that they refuse tokens meanwhile`,
      )
    : refusal('key', 'was rotated by someone else just now')
}

async function pickKeySet(
  { audience, algorithm }: KeyRotationInput,
  context: KeyContext,
): Promise<KeySet> {
  const { tenant } = context
  const sets = listKeySets(tenant)
  const set = pickApi(sets, audience, tenant)
  if (algorithm === undefined || algorithm === set.algorithm) return set
  const wanted = { ...set, algorithm }
  const known = await listOthers(set, context)
  if (known.some((other) => other.algorithm === algorithm)) return wanted
  const names = [set, ...known].map((each) => each.algorithm).join(', ')
  throw refusal('algorithm', `${algorithm} has no keys here: name one of those that have, ${names}`)
}

function pickApi(sets: readonly KeySet[], audience: string | undefined, tenant: Tenant): KeySet {
  const [only, ...others] = sets
  if (audience === undefined && only !== undefined && others.length === 0) return only
  if (!tenant.rules.jwt.keyPerApi) throw refusal('api', 'is not to be named: all share their keys')
  const named = sets.find((set) => set.audience === audience)
  if (named) return named
  const audiences = sets.map((set) => set.audience).join(', ')
  throw refusal('api', `must name one of the APIs that have keys: ${audiences}`)
}
