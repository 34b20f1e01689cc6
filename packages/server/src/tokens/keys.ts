// Owns a tenant's signing keys: next (published, not yet used), current (signs), previous (still verifies). There is a set
// of them for each algorithm that something is signed with, shared by all APIs; where keys are secret, each API has one.

import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Clock } from '../platform/clock.ts'
import { keepFresh } from '../platform/fresh.ts'
import { MasterKeyError } from '../platform/master-key.ts'
import { newId, newRandomBytes } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import { OAuthError } from '../protocol/errors.ts'
import type { IdTokenAlgorithm, SigningAlgorithm } from '../protocol/policy.ts'
import type { Tenant } from '../protocol/tenant.ts'
import { lastTokenEnd } from '../protocol/token-lifetime.ts'
import type { KeyStore } from '../store/port.ts'
import type { AuditEventRecord, KeyRecord } from '../store/records.ts'
import { createSigner, type Signer } from './signer.ts'

/** How long APIs may keep the JWKS without asking again: a key is published at least so long before it signs. */
export const JWKS_MAX_AGE_SECONDS = 300
/** How soon this process notices that another one rotated: not the clients' pace, since keys rarely change. */
const RELOAD_MS = 500

export interface KeyDeps {
  readonly tenant: Tenant
  readonly store: KeyStore
  readonly clock: Clock
  readonly sealer: Sealer
}

/** What it takes to see whether they open. */
type SealedKeyDeps = Omit<KeyDeps, 'store'> & { readonly store: Pick<KeyStore, 'listKeys'> }

/** The sealer of a tenant's signing keys, for everyone who opens or makes them. */
export function signingKeySealer(sealer: Sealer, tenant: Tenant): Sealer {
  return sealer.for(`signing keys of ${tenant.name}`)
}

export interface KeyRing {
  /** Of the keys for tokens with this audience. @throws OAuthError resource_malformed, where each API has its own */
  signer(audience?: readonly string[]): Promise<Signer>
  /** Of the keys for ID tokens. The first one to need an algorithm makes them: who needs none does not pay for it. */
  idTokenSigner(algorithm: IdTokenAlgorithm): Promise<Signer>
  /** Public keys as published: current, next and those previous ones whose tokens may still be alive. */
  publicKeys(): Promise<readonly JWK[]>
  /** The secret keys of one API, for that API alone. */
  secretKeys(audience: string): Promise<readonly JWK[]>
  /** Verification keys by `kid`. */
  findVerificationKey(kid: string): Promise<VerificationKey | undefined>
  /** For how long the current key of each set has signed, as it was last loaded: nobody waits for the store. */
  currentKeyAges(): readonly KeyAge[]
  /** @throws MasterKeyError when the master key does not open what this tenant signs with */
  check(): Promise<void>
  /** Forgets what was loaded: the next call reads the store. */
  reload(): void
}

/** Of each there is one current and one next key. */
export interface KeySet {
  /** The API whose own keys they are; empty for those that all share. */
  readonly audience: string
  readonly algorithm: SigningAlgorithm
}

export interface KeyAge extends KeySet {
  readonly seconds: number
}

export interface VerificationKey extends KeySet {
  readonly key: CryptoKey | Uint8Array
}

/** Stands for all APIs where they share their keys. */
const EVERY_API = ''

/** The sets that access tokens are signed with: of each API, or of all of them together. */
export function listKeySets({ rules, resourceServers, policy }: Tenant): readonly KeySet[] {
  const { algorithm } = policy.signing
  if (!rules.jwt.keyPerApi) return [{ audience: EVERY_API, algorithm }]
  return resourceServers.map(({ audience }) => ({ audience, algorithm }))
}

function setOf({ resourceServer: audience, algorithm }: KeyRecord): KeySet {
  return { audience, algorithm }
}

function nameOf({ audience, algorithm }: KeySet): string {
  return `${algorithm} ${audience}`
}

export function createKeyRing(deps: KeyDeps): KeyRing {
  let known: { readonly as: string; readonly keys: LoadedKeys } | undefined

  async function load(): Promise<LoadedKeys> {
    let records: readonly KeyRecord[]
    try {
      records = await readOrCreateKeys(deps)
    } catch (error) {
      // A store that is away for a moment must not stop us from signing with the keys we have.
      if (known) return known.keys
      throw error
    }
    // Opening and importing them costs more than seeing that they are the same.
    const as = JSON.stringify(records)
    if (known?.as !== as) known = { as, keys: await openKeys(records, deps) }
    return known.keys
  }

  const loaded = keepFresh(load, { clock: deps.clock, maxAgeMs: RELOAD_MS })

  const making = new Map<SigningAlgorithm, Promise<void>>()

  /** Once for all who ask at the same moment. */
  function makeSet(algorithm: SigningAlgorithm): Promise<void> {
    const begun = making.get(algorithm)
    if (begun) return begun
    const set = { audience: EVERY_API, algorithm }
    const made = readOrCreateKeys(deps, [set]).then(() => loaded.forget())
    making.set(algorithm, made)
    return made.finally(() => making.delete(algorithm))
  }

  const { rules, policy } = deps.tenant
  return {
    async signer(audience = []) {
      const { signers } = await loaded.get()
      const [api = EVERY_API, ...others] = rules.jwt.keyPerApi ? audience : [EVERY_API]
      const set = { audience: api, algorithm: policy.signing.algorithm }
      const signer = others.length === 0 ? signers.get(nameOf(set)) : undefined
      if (!signer) throw new OAuthError('resource_malformed')
      return signer
    },
    async idTokenSigner(algorithm) {
      const name = nameOf({ audience: EVERY_API, algorithm })
      const signer = (await loaded.get()).signers.get(name)
      if (signer) return signer
      await makeSet(algorithm)
      const made = (await loaded.get()).signers.get(name)
      if (!made) throw new Error(`no ${algorithm} key was made`)
      return made
    },
    publicKeys: async () => (await loaded.get()).publicKeys,
    secretKeys: async (audience) => (await loaded.get()).secretKeys.get(audience) ?? [],
    findVerificationKey: async (kid) => (await loaded.get()).verificationKeys.get(kid),
    currentKeyAges() {
      // For whoever asks next.
      loaded.get().catch(() => undefined)
      const now = deps.clock.nowSeconds()
      const since = known?.keys.signingSince ?? []
      return since.map(({ atSeconds, ...set }) => ({ ...set, seconds: now - atSeconds }))
    },
    // Loading opens the keys; where nothing was loaded yet, to look must not be what makes them.
    check: async () => void (await (known ? loaded.get() : checkSealedKeys(deps))),
    reload: () => loaded.forget(),
  }
}

interface LoadedKeys {
  /** By the name of their set. */
  readonly signers: ReadonlyMap<string, Signer>
  /** When the current key of each set became that. */
  readonly signingSince: readonly (KeySet & { readonly atSeconds: number })[]
  readonly publicKeys: readonly JWK[]
  /** By audience. */
  readonly secretKeys: ReadonlyMap<string, readonly JWK[]>
  /** By `kid`. */
  readonly verificationKeys: ReadonlyMap<string, VerificationKey>
}

async function openKeys(records: readonly KeyRecord[], deps: KeyDeps): Promise<LoadedKeys> {
  const signers = new Map<string, Signer>()
  const signingSince: (KeySet & { atSeconds: number })[] = []
  const verificationKeys = new Map<string, VerificationKey>()
  const publicKeys: JWK[] = []
  const secretKeys = new Map<string, JWK[]>()
  for (const record of records) {
    const { kid, algorithm, resourceServer: audience, state } = record
    const secret = algorithm === 'HS256'
    // One of a master key that is lost verifies nothing any more, and must not keep the others from it.
    if (secret && state === 'previous' && !opens(record, deps)) continue
    const jwk: JWK = secret ? openKey(record, deps) : JSON.parse(record.publicJwk)
    const published = { ...jwk, kid, alg: algorithm, use: 'sig' }
    if (!secret) publicKeys.push(published)
    else secretKeys.set(audience, [...(secretKeys.get(audience) ?? []), published])
    verificationKeys.set(kid, { key: await importJWK(jwk, algorithm), algorithm, audience })
    if (state === 'current') {
      const set = setOf(record)
      signers.set(nameOf(set), createSigner(kid, algorithm, openKey(record, deps)))
      const atSeconds = record.activatedAtSeconds ?? record.createdAtSeconds
      signingSince.push({ ...set, atSeconds })
    }
  }
  return { signers, signingSince, publicKeys, secretKeys, verificationKeys }
}

/** @param wanted sets that are made if they are not there; half of one is completed in any case */
async function readOrCreateKeys(
  deps: KeyDeps,
  wanted: readonly KeySet[] = listKeySets(deps.tenant),
): Promise<readonly KeyRecord[]> {
  const { tenant, store, clock } = deps
  const now = clock.nowSeconds()
  const existing = await store.listKeys(tenant.name, now)
  const missing = listMissingKeys(wanted, existing)
  if (missing.length === 0) return existing
  // Nothing is sealed under a key that does not open what is there: others could never open it.
  openAll(existing, deps)
  for (const { set, states } of missing) {
    const made = await Promise.all(states.map((state) => newKey(deps, { set, state })))
    await store.createFirstKeys(made)
  }
  return store.listKeys(tenant.name, now)
}

function listMissingKeys(wanted: readonly KeySet[], existing: readonly KeyRecord[]) {
  const unexpired = existing.filter(({ state }) => state !== 'previous')
  const sets = new Map([...wanted, ...unexpired.map(setOf)].map((set) => [nameOf(set), set]))
  return [...sets].flatMap(([name, set]) => {
    const keys = unexpired.filter((key) => nameOf(setOf(key)) === name)
    const states = FIRST_STATES.filter((state) => keys.every((key) => key.state !== state))
    return states.length === 0 ? [] : [{ set, states }]
  })
}

const FIRST_STATES = ['current', 'next'] as const

function openKey(record: KeyRecord, { sealer }: Pick<KeyDeps, 'sealer'>): JWK {
  const jwk = sealer.open(record.sealedPrivateJwk, keyContext(record))
  if (jwk === undefined) {
    throw new MasterKeyError(
      `the master key does not open signing key ${record.kid} of tenant ${record.tenant}`,
      'start with the master key it was sealed under; if that is lost for good, run `ostiary key rotate --lost-master-key` for each tenant: docs/guides/operations.md says what that costs',
    )
  }
  return JSON.parse(jwk)
}

export function opens(record: KeyRecord, { sealer }: Pick<KeyDeps, 'sealer'>): boolean {
  return sealer.open(record.sealedPrivateJwk, keyContext(record)) !== undefined
}

/** @throws MasterKeyError when one that signs, or will sign next, does not open */
function openAll(records: readonly KeyRecord[], deps: Pick<KeyDeps, 'sealer'>): void {
  for (const record of records) if (record.state !== 'previous') openKey(record, deps)
}

/**
 * Looks whether the master key is the one that the keys of all tenants are sealed under; makes none.
 * @throws MasterKeyError when it is another one
 */
export async function checkMasterKeyFits(
  tenants: readonly Tenant[],
  deps: Omit<SealedKeyDeps, 'tenant'>,
): Promise<void> {
  for (const tenant of tenants) {
    await checkSealedKeys({ ...deps, tenant, sealer: signingKeySealer(deps.sealer, tenant) })
  }
}

async function checkSealedKeys(deps: SealedKeyDeps): Promise<void> {
  openAll(await deps.store.listKeys(deps.tenant.name, deps.clock.nowSeconds()), deps)
}

export type KeyRotation =
  | { readonly outcome: 'rotated'; readonly currentKid: string }
  /** Another process rotated at the same moment. */
  | { readonly outcome: 'lost' }
  /** APIs may not have seen the next key yet. */
  | { readonly outcome: 'too_young'; readonly waitSeconds: number }

export interface RotationRequest {
  readonly audience?: string
  /** That of access tokens when not given. */
  readonly algorithm?: SigningAlgorithm | undefined
  /** Rotates before every API can have seen the next key. */
  readonly force?: boolean
  /** Who rotates, for the audit trail; a rotation that is due is the system's own. */
  readonly by?: Pick<AuditEventRecord, 'actor' | 'requestId'>
  /** Replaces keys that nobody can open any more. */
  readonly masterKeyLost?: boolean
}

const BY_SYSTEM = { actor: 'system', requestId: null }

/**
 * Makes the next key of a set the current one, and a new next one.
 * @throws MasterKeyError when the master key does not open those that are there
 */
export async function rotateKeys(
  deps: KeyDeps,
  { audience = EVERY_API, force = false, by = BY_SYSTEM, ...request }: RotationRequest = {},
): Promise<KeyRotation> {
  const { tenant, store, clock } = deps
  const { algorithm = tenant.policy.signing.algorithm, masterKeyLost } = request
  const now = clock.nowSeconds()
  const set = { audience, algorithm }
  const records = (await readOrCreateKeys(deps)).filter(
    (record) => nameOf(setOf(record)) === nameOf(set),
  )
  const current = records.find(({ state }) => state === 'current')
  const next = records.find(({ state }) => state === 'next')
  if (!current || !next)
    throw new Error(`tenant ${tenant.name} lacks a current or a next signing key`)
  if (!masterKeyLost) openAll([current, next], deps)
  const waitSeconds = next.createdAtSeconds + JWKS_MAX_AGE_SECONDS - now
  if (waitSeconds > 0 && !force) return { outcome: 'too_young', waitSeconds }
  const change = {
    tenant: tenant.name,
    currentKid: current.kid,
    next: await newKey(deps, { set, state: 'next' }),
    nowSeconds: now,
    previousExpiresAtSeconds: lastTokenEnd(now),
  }
  const outcome = await store.rotateKeys(change, {
    ...{ tenant: tenant.name, atSeconds: now, action: 'signing_key.rotated' },
    ...{ target: `key:${next.kid}`, ...by },
  })
  return outcome === 'rotated' ? { outcome, currentKid: next.kid } : { outcome }
}

/** Rotates the sets whose current key has signed for as long as the policy says. */
export async function rotateKeysWhenDue(deps: KeyDeps): Promise<readonly KeyRotation[]> {
  const now = deps.clock.nowSeconds()
  const records = await readOrCreateKeys(deps)
  const due = records.filter(
    ({ state, activatedAtSeconds }) =>
      state === 'current' &&
      now >= (activatedAtSeconds ?? now) + deps.tenant.policy.signing.rotateEverySeconds,
  )
  return Promise.all(due.map((record) => rotateKeys(deps, setOf(record))))
}

async function newKey(
  { tenant, clock, sealer }: Pick<KeyDeps, 'tenant' | 'clock' | 'sealer'>,
  { set, state }: { set: KeySet; state: 'current' | 'next' },
): Promise<KeyRecord> {
  const { algorithm, audience } = set
  const { kid, publicJwk, privateJwk } = await generateKey(algorithm)
  const now = clock.nowSeconds()
  const identity = { tenant: tenant.name, kid }
  return {
    ...identity,
    resourceServer: audience,
    algorithm,
    state,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateJwk: sealer.seal(JSON.stringify(privateJwk), keyContext(identity)),
    createdAtSeconds: now,
    activatedAtSeconds: state === 'current' ? now : null,
    expiresAtSeconds: null,
  }
}

const MODULUS_BITS = 3072
/** RFC 7518 §3.2: at least as long as the hash. */
const SECRET_BYTES = 32

async function generateKey(
  algorithm: SigningAlgorithm,
): Promise<{ kid: string; publicJwk: JWK; privateJwk: JWK }> {
  if (algorithm === 'HS256') {
    const k = newRandomBytes(SECRET_BYTES).toString('base64url')
    return { kid: newId(), publicJwk: { kty: 'oct' }, privateJwk: { kty: 'oct', k } }
  }
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: MODULUS_BITS })
  const publicJwk = await exportJWK(pair.publicKey)
  return {
    kid: await calculateJwkThumbprint(publicJwk),
    publicJwk,
    privateJwk: await exportJWK(pair.privateKey),
  }
}

/** Binds a sealed key to its place: a row copied to another tenant or kid does not open. */
function keyContext({ tenant, kid }: { tenant: string; kid: string }): string {
  return `${tenant}/${kid}`
}
