// Signing keys of a tenant: looking at them, and replacing the current one ahead of its time.

import type { Sealer } from '../platform/seal.ts'
import type { KeyRecord } from '../store/records.ts'
import { listKeySets, rotateKeys } from '../tokens/keys.ts'
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

/**
 * The next key becomes the current one: of one API, where they have keys of their own. @returns its kid
 * @throws OperationError when APIs may not know the next key yet; `force` does it all the same
 */
export async function rotateSigningKeys(
  { force, audience }: { readonly force: boolean; readonly audience?: string | undefined },
  context: KeyContext,
): Promise<{ readonly currentKid: string }> {
  const { actor, requestId = null } = context
  const rotation = await rotateKeys(context, {
    ...{ audience: pickKeySet(audience, context), force },
    by: { actor, requestId },
  })
  if (rotation.outcome === 'too_young') {
    throw refusal(
      'key',
      `next was published only just: APIs may not know it for another ${rotation.waitSeconds} seconds; wait, or force it and accept that they refuse tokens meanwhile`,
    )
  }
  if (rotation.outcome === 'lost') throw refusal('key', 'was rotated by someone else just now')
  return { currentKid: rotation.currentKid }
}

function pickKeySet(audience: string | undefined, { tenant }: KeyContext): string {
  const sets = listKeySets(tenant)
  const [only, ...others] = sets
  if (audience === undefined && only !== undefined && others.length === 0) return only
  if (!tenant.rules.jwt.keyPerApi) throw refusal('api', 'is not to be named: all share their keys')
  if (audience !== undefined && sets.includes(audience)) return audience
  throw refusal('api', `must name one of the APIs that have keys: ${sets.join(', ')}`)
}
