// The followers of a feed that an answer to a revocation waits for: APIs that say who they are and have a request held
// here. One confirms a line by its next request, which asks for what comes after it.

import { monotonicClock } from '../platform/clock.ts'

/** Of one tenant. */
const MOST_FOLLOWERS = 64
/** For so long an answer waits at most. */
const PATIENCE_MILLISECONDS = 1000
/** Who has not asked for so long follows no more, or elsewhere. */
const FORGOTTEN_MILLISECONDS = 45_000

export interface Followers {
  /**
   * It has read the feed up to this number, and asks for what follows.
   * @returns what says that its request is over, or undefined when it has one already or there are too many of them
   */
  hold(tenant: string, id: string, sequence: number): (() => void) | undefined
  /** Until all who are waited for have read up to this number. @returns how many have not, in the time there is */
  wait(tenant: string, sequence: number, ended: AbortSignal): Promise<number>
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

export function createFollowers(clock = monotonicClock): Followers {
  const tenants = new Map<string, Following>()

  function followingOf(tenant: string): Following {
    let following = tenants.get(tenant)
    if (following === undefined) {
      following = { followers: new Map(), waits: new Set() }
      tenants.set(tenant, following)
    }
    return following
  }

  return {
    hold(tenant, id, sequence) {
      const { followers, waits } = followingOf(tenant)
      const now = clock.nowMilliseconds()
      const follower = findPlace(followers, id, now)
      if (follower === undefined) return undefined
      // Who was told here and comes back here in time is worth waiting for again.
      const isInTime = now - follower.answeredAtMilliseconds < PATIENCE_MILLISECONDS
      if (sequence > follower.sequence && isInTime) follower.isPrompt = true
      follower.sequence = sequence
      follower.askedAtMilliseconds = now
      for (const wait of waits) wait.look()
      if (follower.isHeld) return undefined
      follower.isHeld = true
      return () => {
        follower.isHeld = false
        follower.answeredAtMilliseconds = clock.nowMilliseconds()
      }
    },
    wait(tenant, sequence, ended) {
      const { followers, waits } = followingOf(tenant)
      const since = clock.nowMilliseconds() - FORGOTTEN_MILLISECONDS
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
    if (!isHeld && now - askedAtMilliseconds > FORGOTTEN_MILLISECONDS) followers.delete(other)
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
