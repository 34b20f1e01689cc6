// ostiary feed …

import { setTimeout } from 'node:timers/promises'
import { FeedPace } from '@ostiary/resource/feed-pace'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { monotonicClock, systemClock } from '../platform/clock.ts'
import type { Answer } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { parseDays } from './days-option.ts'
import { CommandError, reasonOf, UsageError } from './failure.ts'
import { type FeedCopy, openFeedCopy, readFeedCopy } from './feed/feed-copy.ts'
import type { Hold } from './feed/feed-page.ts'
import { createFollower } from './feed/follow-feed.ts'
import { holdCopy } from './feed/hold-copy.ts'
import { requirePlaceForFile } from './places.ts'

interface FollowOptions {
  readonly issuer: string
  readonly every: number
  readonly keepDays: number
  readonly once?: boolean
}

const DAY_SECONDS = 86_400

export function addFeedCommands(program: Command, terminal: Terminal): void {
  const feed = program.command('feed').description('the feed of revocations')
  addCommand<FollowOptions>(feed, terminal, {
    usage: 'follow <file>',
    description:
      'keep a copy of the feed of an issuer (the list of what was revoked) on another machine, for a later restore',
    options: (command) =>
      command
        .requiredOption('--issuer <url>', 'whose feed, as in the configuration of the server')
        .option(
          '--every <seconds>',
          'how often to ask an issuer that does not hold the request until there is news',
          parseSeconds,
          2,
        )
        .option(
          '--keep-days <days>',
          'how long to keep lines: as long as your oldest backup',
          parseDays,
          40,
        )
        .addOption(new Option('--once', 'read what is new, and end').conflicts('every')),
    run: async (options, [file = '']) => {
      const { issuer } = options
      if (!isWebAddress(issuer)) throw new UsageError(`--issuer: ${issuer} is no URL with https`)
      requirePlaceForFile(file)
      // Before there is a lock beside it: what is refused is left as it was found.
      readFeedCopy(file, issuer)
      const release = await holdCopy(file)
      try {
        return await followInto(file, options, terminal)
      } finally {
        release()
      }
    },
  })
}

async function followInto(
  file: string,
  { issuer, every, keepDays, once }: FollowOptions,
  terminal: Terminal,
): Promise<Answer | undefined> {
  const copy = openFeedCopy(file, issuer)
  const forget = () => copy.forgetBefore(systemClock.nowSeconds() - keepDays * DAY_SECONDS)
  forget()
  const readNews = createFollower(copy, { issuer, clock: systemClock })
  /** Says so when the feed has begun anew, which is what others must know of a restore. */
  const catchUp = async (hold?: Hold) => {
    const before = copy.last()?.epoch
    try {
      await readNews(hold)
    } finally {
      const now = copy.last()?.epoch
      if (before !== undefined && now !== before) say(terminal, describeNewEpoch(issuer, now))
    }
  }
  if (once) {
    await catchUp().catch((cause: unknown) => {
      throw new CommandError(`the feed cannot be read: ${reasonOf(cause)}`, { cause })
    })
    const last = copy.last()
    const data = { epoch: last?.epoch, sequence: last?.sequence }
    return { data, text: `read to number ${last?.sequence}` }
  }
  await follow(copy, { catchUp, issuer, everySeconds: every, forget, terminal })
  return undefined
}

interface Following {
  readonly catchUp: (hold?: Hold) => Promise<void>
  readonly issuer: string
  readonly everySeconds: number
  readonly forget: () => void
  readonly terminal: Terminal
}

async function follow(
  copy: FeedCopy,
  { catchUp, issuer, everySeconds, forget, terminal }: Following,
): Promise<void> {
  const stopping = new AbortController()
  const { signal } = stopping
  terminal.stopRequested().then(() => stopping.abort())
  const pace = new FeedPace(everySeconds)
  let problem: string | null | undefined = null
  let forgottenAtSeconds = systemClock.nowSeconds()
  let isReached = false
  while (!signal.aborted) {
    // What is answered at once tells whether the issuer is there.
    const waitSeconds = isReached ? pace.waitSeconds : 0
    const turn = await ask(waitSeconds, { copy, catchUp, pace, signal })
    if (signal.aborted) return
    isReached = turn.problem === undefined
    // Says what changes, not every try; and whether a request that was held was cut on the way, the next one tells.
    if (turn.problem !== problem && (isReached || waitSeconds === 0)) {
      const sequence = copy.last()?.sequence ?? 0
      say(terminal, turn.problem ?? `following ${issuer} from number ${sequence} on`)
      problem = turn.problem
    }
    if (systemClock.nowSeconds() >= forgottenAtSeconds + DAY_SECONDS) {
      forgottenAtSeconds = systemClock.nowSeconds()
      forget()
    }
    await setTimeout(turn.pauseMilliseconds, undefined, { signal }).catch(() => undefined)
  }
}

interface Turn {
  /** Why the issuer could not be read. */
  readonly problem: string | undefined
  /** Until it is asked again. */
  readonly pauseMilliseconds: number
}

async function ask(
  waitSeconds: number,
  {
    copy,
    catchUp,
    pace,
    signal,
  }: Pick<Following, 'catchUp'> & { copy: FeedCopy; pace: FeedPace; signal: AbortSignal },
): Promise<Turn> {
  const before = copy.last()?.sequence
  const startedAt = monotonicClock.nowMilliseconds()
  const asked = () => ({
    waitSeconds,
    milliseconds: monotonicClock.nowMilliseconds() - startedAt,
  })
  try {
    await catchUp(waitSeconds > 0 ? { waitSeconds, ended: signal } : undefined)
    const broughtNews = copy.last()?.sequence !== before
    return { problem: undefined, pauseMilliseconds: pace.answered({ ...asked(), broughtNews }) }
  } catch (error) {
    const pauseMilliseconds = waitSeconds > 0 ? pace.cut(asked()) : pace.pollMilliseconds
    return { problem: reasonOf(error), pauseMilliseconds }
  }
}

/** Somebody reads it weeks later, beside the log of the server. */
function say({ stderr }: Terminal, text: string): void {
  stderr.write(`${new Date(systemClock.nowMilliseconds()).toISOString()} ${text}\n`)
}

function describeNewEpoch(issuer: string, epoch: string | undefined): string {
  return `the feed of ${issuer} has begun anew, with epoch ${epoch}: its database was restored from a backup, or is another one; what was read before is kept`
}

function isWebAddress(text: string): boolean {
  return ['https:', 'http:'].includes(URL.parse(text)?.protocol ?? '')
}

function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('give a number of seconds, for example 2')
}
