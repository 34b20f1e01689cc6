// The followers of a feed that an answer to a revocation waits for: APIs that say who they are and have a request held
// here. One confirms a line by its next request, which asks for what comes after it.

import { monotonicClock } from '../platform/clock.ts'

/** Of one tenant. */
const MOST_FOLLOWERS = 64
/** For so long an answer waits at most. */
export const PATIENCE_MILLISECONDS = 1000
/** Who has not asked for so long follows no more, or elsewhere. */
export const FORGOTTEN_SECONDS = 45

export interface Asking {
  readonly tenant: string
  readonly follower: string
  /** It has read the feed up to this number, and asks for what follows. */
  readonly sequence: number
  /** Whether the answers of the tenant wait for anybody. */
  readonly isAwaited: boolean
}

export interface Followers {
  /** @returns what says that its request is over, or undefined when it has one already or there are too many of them */
  hold(asking: Asking): Promise<(() => void) | undefined>
  /** Until all who are waited for have read up to this number. @returns how many have not, in the time there is */
  wait(tenant: string, sequence: number, ended: AbortSignal): Promise<number>
}

/** Those whose requests are held by this process. */
export interface FollowersHere extends Followers {
  /** @returns undefined when there are too many of them */
  note(asking: Asking): Noted | undefined
}

interface Noted {
  /** It has read further than before, and came back soon after it was told here. */
  readonly isInTime: boolean
  /** Undefined when it has a request already. */
  readonly end: (() => void) | undefined
}

interface Follower {
  /** What it has read. */
  sequence: number
  isHeld: boolean
  askedAtMilliseconds: number
  /** When the request that was held here was answered. */
  answeredAtMilliseconds: number
  /** Whether it let no wait lapse since it last confirmed something in time. */
  isPrompt: boolean
}

interface Following {
  readonly followers: Map<string, Follower>
  readonly waits: Set<Wait>
}

interface Wait {
  /** Looks whether it is over. */
  look(): void
}

export function createFollowers(clock = monotonicClock): FollowersHere {
  const tenants = new Map<string, Following>()

  function followingOf(tenant: string): Following {
    let following = tenants.get(tenant)
    if (following === undefined) {
      following = { followers: new Map(), waits: new Set() }
      tenants.set(tenant, following)
    }
    return following
  }

  function note({ tenant, follower: id, sequence }: Asking): Noted | undefined {
    const { followers, waits } = followingOf(tenant)
    const now = clock.nowMilliseconds()
    const follower = findPlace(followers, id, now)
    if (follower === undefined) return undefined
    // Who was told here and comes back here in time is worth waiting for again.
    const isSoon = now - follower.answeredAtMilliseconds < PATIENCE_MILLISECONDS
    const isInTime = sequence > follower.sequence && isSoon
    if (isInTime) follower.isPrompt = true
    follower.sequence = sequence
    follower.askedAtMilliseconds = now
    for (const wait of waits) wait.look()
    if (follower.isHeld) return { isInTime, end: undefined }
    follower.isHeld = true
    const end = () => {
      follower.isHeld = false
      follower.answeredAtMilliseconds = clock.nowMilliseconds()
    }
    return { isInTime, end }
  }

  return {
    note,
    hold: async (asking) => note(asking)?.end,
    wait(tenant, sequence, ended) {
      const { followers, waits } = followingOf(tenant)
      const since = clock.nowMilliseconds() - FORGOTTEN_SECONDS * 1000
      const awaited = [...followers.values()].filter(
        (each) => each.isPrompt && each.askedAtMilliseconds >= since,
      )
      return waitFor(awaited, { sequence, ended, waits })
    },
  }
}

/** @returns undefined when all places are taken by others who still ask */
function findPlace(
  followers: Map<string, Follower>,
  id: string,
  now: number,
): Follower | undefined {
  const known = followers.get(id)
  if (known !== undefined) return known
  for (const [other, { isHeld, askedAtMilliseconds }] of followers) {
    const isForgotten = now - askedAtMilliseconds > FORGOTTEN_SECONDS * 1000
    if (!isHeld && isForgotten) followers.delete(other)
  }
  if (followers.size >= MOST_FOLLOWERS) return undefined
  const times = { askedAtMilliseconds: now, answeredAtMilliseconds: Number.NEGATIVE_INFINITY }
  const follower = { sequence: 0, isHeld: false, isPrompt: true, ...times }
  followers.set(id, follower)
  return follower
}

function waitFor(
  awaited: readonly Follower[],
  { sequence, ended, waits }: { sequence: number; ended: AbortSignal; waits: Set<Wait> },
): Promise<number> {
  const behind = () => awaited.filter((each) => each.sequence < sequence)
  return new Promise((resolve) => {
    const wait = { look: () => void (behind().length === 0 && end(0)) }
    const timer = setTimeout(lapse, PATIENCE_MILLISECONDS)
    const leave = () => end(0)
    function lapse() {
      const late = behind()
      for (const each of late) each.isPrompt = false
      end(late.length)
    }
    function end(late: number) {
      clearTimeout(timer)
      waits.delete(wait)
      ended.removeEventListener('abort', leave)
      resolve(late)
    }
    waits.add(wait)
    ended.addEventListener('abort', leave)
    if (ended.aborted) leave()
    else wait.look()
  })
}
