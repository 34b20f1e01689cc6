// Owns a tenant's signing keys: next (published, not yet used), current (signs), previous (still verifies).

import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Clock } from '../platform/clock.ts'
import type { Sealer } from '../platform/seal.ts'
import type { SigningAlgorithm } from '../protocol/policy.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { KeyStore } from '../store/port.ts'
import type { KeyRecord } from '../store/records.ts'
import { createSigner, type Signer } from './signer.ts'

/** How long APIs may keep the JWKS without asking again: a key is published at least so long before it signs. */
export const JWKS_MAX_AGE_SECONDS = 300
/** How soon this process notices that another one rotated. */
const RELOAD_SECONDS = 5

export interface KeyDeps {
  readonly tenant: Tenant
  readonly store: KeyStore
  readonly clock: Clock
  readonly sealer: Sealer
}

/** The sealer of a tenant's signing keys, for everyone who opens or makes them. */
export function signingKeySealer(sealer: Sealer, tenant: Tenant): Sealer {
  return sealer.for(`signing keys of ${tenant.name}`)
}

export interface KeyRing {
  signer(): Promise<Signer>
  /** Public keys as published: current, next and those previous ones whose tokens may still be alive. */
  publicKeys(): Promise<readonly JWK[]>
  /** Verification keys by `kid`. */
  findVerificationKey(
    kid: string,
  ): Promise<{ key: CryptoKey | Uint8Array; algorithm: SigningAlgorithm } | undefined>
  /** Forgets what was loaded: the next call reads the store. */
  reload(): void
}

export function createKeyRing(deps: KeyDeps): KeyRing {
  let loaded: { at: number; keys: Promise<LoadedKeys> } | undefined

  function load(): Promise<LoadedKeys> {
    const now = deps.clock.nowSeconds()
    if (loaded && Math.abs(now - loaded.at) < RELOAD_SECONDS) return loaded.keys
    const before = loaded?.keys
    const keys = loadKeys(deps).catch((error: unknown) => {
      // A store that is away for a moment must not stop us from signing with the keys we have.
      if (before) return before
      throw error
    })
    const loading = { at: now, keys }
    loaded = loading
    keys.catch(() => {
      if (loaded === loading) loaded = undefined
    })
    return keys
  }

  return {
    signer: async () => (await load()).signer,
    publicKeys: async () => (await load()).publicKeys,
    findVerificationKey: async (kid) => (await load()).verificationKeys.get(kid),
    reload: () => {
      loaded = undefined
    },
  }
}

interface LoadedKeys {
  readonly signer: Signer
  readonly publicKeys: readonly JWK[]
  readonly verificationKeys: ReadonlyMap<
    string,
    { key: CryptoKey | Uint8Array; algorithm: SigningAlgorithm }
  >
}

async function loadKeys(deps: KeyDeps): Promise<LoadedKeys> {
  const records = await readOrCreateKeys(deps)
  const current = records.find(({ state }) => state === 'current')
  if (!current) throw new Error(`tenant ${deps.tenant.name} has no current signing key`)
  const verificationKeys = new Map<
    string,
    { key: CryptoKey | Uint8Array; algorithm: SigningAlgorithm }
  >()
  const publicKeys: JWK[] = []
  for (const { kid, algorithm, publicJwk } of records) {
    const jwk: JWK = JSON.parse(publicJwk)
    publicKeys.push({ ...jwk, kid, alg: algorithm, use: 'sig' })
    verificationKeys.set(kid, { key: await importJWK(jwk, algorithm), algorithm })
  }
  return { signer: openSigner(current, deps), publicKeys, verificationKeys }
}

async function readOrCreateKeys({
  tenant,
  store,
  clock,
  sealer,
}: KeyDeps): Promise<readonly KeyRecord[]> {
  const now = clock.nowSeconds()
  const existing = await store.listKeys(tenant.name, now)
  if (existing.length > 0) return existing
  const [current, next] = await Promise.all([
    newKey({ tenant, clock, sealer, state: 'current' }),
    newKey({ tenant, clock, sealer, state: 'next' }),
  ])
  await store.createFirstKeys([current, next])
  return store.listKeys(tenant.name, now)
}

function openSigner(record: KeyRecord, { sealer }: KeyDeps): Signer {
  const jwk = sealer.open(record.sealedPrivateJwk, keyContext(record))
  if (jwk === undefined) {
    throw new Error(
      `the master key does not open signing key ${record.kid}: start with the master key it was sealed under`,
    )
  }
  return createSigner(record.kid, record.algorithm, JSON.parse(jwk))
}

export type KeyRotation =
  | { readonly outcome: 'rotated'; readonly currentKid: string }
  /** Another process rotated at the same moment. */
  | { readonly outcome: 'lost' }
  /** APIs may not have seen the next key yet. */
  | { readonly outcome: 'too_young'; readonly waitSeconds: number }

/** Makes the next key the current one, and a new next one. `force` rotates before every API can have seen it. */
export async function rotateKeys(
  deps: KeyDeps,
  options: { force?: boolean } = {},
): Promise<KeyRotation> {
  const { tenant, store, clock } = deps
  const now = clock.nowSeconds()
  const records = await readOrCreateKeys(deps)
  const current = records.find(({ state }) => state === 'current')
  const next = records.find(({ state }) => state === 'next')
  if (!current || !next)
    throw new Error(`tenant ${tenant.name} lacks a current or a next signing key`)
  const waitSeconds = next.createdAtSeconds + JWKS_MAX_AGE_SECONDS - now
  if (waitSeconds > 0 && !options.force) return { outcome: 'too_young', waitSeconds }
  const outcome = await store.rotateKeys({
    tenant: tenant.name,
    currentKid: current.kid,
    next: await newKey({ ...deps, state: 'next' }),
    nowSeconds: now,
    previousExpiresAtSeconds:
      now + tenant.policy.accessToken.lifetimeSeconds + JWKS_MAX_AGE_SECONDS,
  })
  return outcome === 'rotated' ? { outcome, currentKid: next.kid } : { outcome }
}

/** Rotates when the current key has signed for as long as the policy says. */
export async function rotateKeysWhenDue(deps: KeyDeps): Promise<KeyRotation | undefined> {
  const now = deps.clock.nowSeconds()
  const records = await readOrCreateKeys(deps)
  const current = records.find(({ state }) => state === 'current')
  const due = (current?.activatedAtSeconds ?? now) + deps.tenant.policy.signing.rotateEverySeconds
  return now >= due ? rotateKeys(deps) : undefined
}

const MODULUS_BITS = 3072

async function newKey(input: {
  tenant: Tenant
  clock: Clock
  sealer: Sealer
  state: 'current' | 'next'
}): Promise<KeyRecord> {
  const { algorithm } = input.tenant.policy.signing
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: MODULUS_BITS })
  const publicJwk = await exportJWK(pair.publicKey)
  const privateJwk = await exportJWK(pair.privateKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const now = input.clock.nowSeconds()
  const identity = { tenant: input.tenant.name, kid }
  return {
    ...identity,
    algorithm,
    state: input.state,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateJwk: input.sealer.seal(JSON.stringify(privateJwk), keyContext(identity)),
    createdAtSeconds: now,
    activatedAtSeconds: input.state === 'current' ? now : null,
    expiresAtSeconds: null,
  }
}

/** Binds a sealed key to its place: a row copied to another tenant or kid does not open. */
function keyContext({ tenant, kid }: { tenant: string; kid: string }): string {
  return `${tenant}/${kid}`
}
