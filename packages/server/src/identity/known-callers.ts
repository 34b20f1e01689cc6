// Who is known at an account: browsers that have completed a sign-in, by a cookie, and addresses that somebody has
// signed in from. Being known keeps strangers' failures away; it proves nothing, and stands for no second factor.

import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import { newId } from '../platform/random.ts'
import type { Sealer } from '../platform/seal.ts'
import type { CookieChange } from '../protocol/message.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { KnownCallerKey } from '../store/port/guessing.ts'
import type { Store } from '../store/port.ts'
import type { UserRecord } from '../store/records.ts'
import type { Guessing } from './guessing.ts'
import { DEVICE_LIFETIME_SECONDS } from './sign-in-limits.ts'

const DEVICE = 'device'
const SEPARATOR = '.'
/** As many as there can be sessions in a browser. */
const MAX_DEVICES = 5

/** What the cookie says of one account; only we can have written it. */
interface Device {
  readonly id: string
  readonly userId: string
  /** Digest of what the password is kept as: another password makes the cookie void. */
  readonly password: string
  readonly endsAtSeconds: number
}

export interface DeviceDeps {
  readonly tenant: Tenant
  readonly sealer: Sealer
  readonly clock: Clock
}

/** @returns the id of the browser's cookie for this user, if it has one that still counts */
export function findDevice(
  cookie: string | undefined,
  user: UserRecord,
  deps: DeviceDeps,
): string | undefined {
  const password = passwordOf(user)
  const devices = readDevices(cookie, deps).map(({ device }) => device)
  return devices.find((device) => device.userId === user.id && device.password === password)?.id
}

/** After a complete sign-in: the cookie of a browser that is known from now on, with failures of its own. */
export function deviceCookie(
  user: UserRecord,
  cookie: string | undefined,
  deps: DeviceDeps,
): CookieChange {
  const device: Device = {
    id: newId(),
    userId: user.id,
    password: passwordOf(user),
    endsAtSeconds: deps.clock.nowSeconds() + DEVICE_LIFETIME_SECONDS,
  }
  const others = readDevices(cookie, deps).filter((each) => each.device.userId !== user.id)
  const sealed = [
    deps.sealer.seal(JSON.stringify(device), contextOf(deps)),
    ...others.map((each) => each.sealed),
  ]
  return {
    name: 'device',
    value: sealed.slice(0, MAX_DEVICES).join(SEPARATOR),
    maxAgeSeconds: DEVICE_LIFETIME_SECONDS,
  }
}

function readDevices(cookie: string | undefined, deps: DeviceDeps) {
  const now = deps.clock.nowSeconds()
  return (cookie ?? '').split(SEPARATOR, MAX_DEVICES).flatMap((sealed) => {
    const text = sealed === '' ? undefined : deps.sealer.open(sealed, contextOf(deps))
    if (text === undefined) return []
    const device: Device = JSON.parse(text)
    return now < device.endsAtSeconds ? [{ sealed, device }] : []
  })
}

const contextOf = ({ tenant }: DeviceDeps) => `${DEVICE} of ${tenant.name}`

const passwordOf = ({ passwordHash }: UserRecord) => sha256(passwordHash ?? '')

/** An address that has not been seen at an account for so long is not known there any more. */
const KNOWN_SECONDS = 90 * 24 * 3600
/** How exactly we know when it was seen last: not every sign-in writes. */
const RESOLUTION_SECONDS = 24 * 3600
/** A new address takes the place of another when there are too many at one account. */
const CALLERS_PER_ACCOUNT = 64

export interface KnownCallers {
  /** Whether somebody has proven to be this account from there. */
  readonly known: boolean
  /** Somebody has now. */
  remember(): Promise<void>
}

export interface KnownCallerDeps {
  readonly tenant: Tenant
  readonly store: Pick<Store, 'findKnownCaller' | 'rememberCaller'>
  readonly clock: Clock
  readonly guesses: Pick<Guessing, 'digest'>
}

/** @param account undefined where there is none: it is looked for all the same, so that time tells nothing */
export async function findKnownCaller(
  account: string | undefined,
  source: string,
  deps: KnownCallerDeps,
): Promise<KnownCallers> {
  const { store, clock } = deps
  const key = callerKey(account ?? '', source, deps)
  const lastAtSeconds = await store.findKnownCaller(key, clock.nowSeconds())
  const known = account !== undefined && lastAtSeconds !== null
  return {
    known,
    async remember() {
      // A success that is shared may belong to an account that has gone since: known as nobody, a source could go on
      // guessing at all names that there are not.
      if (account === undefined) return
      const now = clock.nowSeconds()
      if (known && now - lastAtSeconds < RESOLUTION_SECONDS) return
      await rememberCaller(account, source, deps)
    },
  }
}

export function rememberCaller(
  account: string,
  source: string,
  deps: KnownCallerDeps,
): Promise<void> {
  const now = deps.clock.nowSeconds()
  return deps.store.rememberCaller({
    ...callerKey(account, source, deps),
    lastAtSeconds: now,
    expiresAtSeconds: now + KNOWN_SECONDS,
  })
}

function callerKey(
  account: string,
  source: string,
  { tenant, guesses }: KnownCallerDeps,
): KnownCallerKey {
  const caller = guesses.digest('known caller', account, source)
  const slot = Buffer.from(caller, 'base64url').readUInt8() % CALLERS_PER_ACCOUNT
  return { tenant: tenant.name, account, slot: slot.toString(36), caller }
}
