// The five laws that every history obeys, whatever happened to the servers, and that no call breaks a server. A pure
// function: the same history gives the same verdict, today and when it is replayed.

import type { Call, History, Rules } from './history.ts'
import { hasMaybeExpired, type Lineage, lifetimeOf, mayBeReuse, traceLineage } from './lineage.ts'
import type { Thing } from './thing.ts'

export interface Violation {
  readonly law: 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | '500'
  readonly what: string
  /** The calls that contradict each other. */
  readonly calls: readonly Call[]
}

export const LAWS = {
  L1: 'an acknowledged token is good until it expires or is ended',
  L2: 'what is good once succeeds once, but for the retries of a refresh',
  L3: 'after an acknowledged end no later call succeeds',
  L4: 'an unknown outcome may be either, never both',
  L5: 'no token without a consent or a client grant',
  '500': 'no call breaks the server',
} as const satisfies Record<Violation['law'], string>

export function findViolations(history: History): readonly Violation[] {
  const lineage = traceLineage(history)
  return [
    ...findLost(lineage),
    ...findSecondSuccesses(lineage),
    ...findOutlived(lineage),
    ...findRisen(lineage),
    ...findUnfounded(lineage),
    ...history.calls
      .filter(({ status }) => status === 500)
      .map((call): Violation => ({ law: '500', what: call.operation, calls: [call] })),
  ]
}

function findLost(lineage: Lineage): Violation[] {
  const clients = lineage.history.calls
    .filter(({ operation }) => operation === 'client-grant')
    .filter(({ outcome, client }) => outcome === 'refused' && client !== undefined)
    .map((call): Violation => ({ law: 'L1', what: `${call.client} is refused`, calls: [call] }))
  return [...clients, ...findLostThings(lineage)]
}

function findLostThings(lineage: Lineage): Violation[] {
  return [...lineage.uses].flatMap(([id, calls]) => {
    const refused = calls.filter((call) => call.outcome === 'refused')
    const lost = refused.filter((call) => !mayBeRefused(id, call, lineage))
    return lost.map((call): Violation => {
      const thing = lineage.things.get(id)
      const what = `${call.operation} refused, though ${thing?.kind ?? 'the JWT'} ${id} was good`
      return { law: 'L1', what, calls: [...(thing ? [thing.givenBy] : []), call] }
    })
  })
}

function mayBeRefused(id: string, call: Call, lineage: Lineage): boolean {
  const { things, uses, history } = lineage
  // An end that is asked for again is not refused but answered as before; what is not known is not lost.
  const thing = things.get(id)
  const others = (uses.get(id) ?? []).filter((other) => other !== call)
  const mayHaveWon = (other: Call) =>
    other.operation === call.operation && other.outcome !== 'refused' && other.startMs < call.endMs
  if (call.operation === 'exchange') {
    if (lineage.restores.mayRefuseJwt(call)) return true
    return others.some(mayHaveWon) || mayBeLate(thing, call, history.rules)
  }
  if (thing === undefined || hasMaybeExpired(thing, call, history.rules)) return true
  if (lineage.endingsOf(thing).some((ending) => ending.call.startMs < call.endMs)) return true
  if (call.operation === 'redeem') return others.some(mayHaveWon)
  return call.operation === 'refresh' && mayBeReuse(call, others, { rules: history.rules, uses })
}

function mayBeLate(thing: Thing | undefined, call: Call, rules: Rules): boolean {
  if (thing !== undefined) return hasMaybeExpired(thing, call, rules)
  // Under a clock that is so far ahead no JWT is new.
  return call.operation === 'exchange' && rules.clockSlackMs > rules.jwtLifetimeMs
}

const ONCE: ReadonlySet<Call['operation']> = new Set(['redeem', 'exchange'])

function findSecondSuccesses({ uses, history, restores }: Lineage): Violation[] {
  return [...uses].flatMap(([id, calls]) => {
    const won = calls.filter(({ outcome }) => outcome === 'ok')
    const spent = won
      .filter(({ operation }) => ONCE.has(operation))
      .filter((call, _index, all) => restores.knownTo(call, all).length > 1)
    const once: Violation[] =
      spent.length > 1
        ? [{ law: 'L2', what: `${id} succeeded ${spent.length} times`, calls: spent }]
        : []
    const refreshes = won.filter(({ operation }) => operation === 'refresh')
    return [...once, ...findBadRetries(id, refreshes, { uses, restores, rules: history.rules })]
  })
}

/** Retries get what the first got, inside the window, and not when its successor has been used. */
function findBadRetries(
  id: string,
  refreshes: readonly Call[],
  { uses, restores, rules }: Pick<Lineage, 'uses' | 'restores'> & { rules: Rules },
): Violation[] {
  const [first, ...later] = refreshes.toSorted((a, b) => a.endMs - b.endMs)
  if (first === undefined) return []
  // A restored database may take the token for unspent: what comes then is a first use again.
  const [anew, retries] = split(later, (retry) => restores.mayHaveForgotten(first, retry))
  const successor = first.gives?.refreshToken ?? ''
  const usedFromMs = (uses.get(successor) ?? [])
    .filter(({ operation, outcome }) => operation === 'refresh' && outcome === 'ok')
    .reduce((earliest, { endMs }) => Math.min(earliest, endMs), Number.POSITIVE_INFINITY)
  const closesMs = first.endMs + rules.retryWindowMs + rules.clockSlackMs
  const problemOf = (retry: Call): string | undefined => {
    if (successorOf(retry) !== successorOf(first)) return 'gave two successors'
    // A token that is not rotated gives itself.
    if (successor === id) return undefined
    if (retry.startMs > closesMs) return 'was retried after its window'
    return retry.startMs > usedFromMs ? 'was retried after its successor was used' : undefined
  }
  const bad = retries.flatMap((retry): Violation[] => {
    const problem = problemOf(retry)
    if (problem === undefined) return []
    return [{ law: 'L2', what: `refresh token ${id} ${problem}`, calls: [first, retry] }]
  })
  return [...bad, ...findBadRetries(id, anew, { uses, restores, rules })]
}

function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

function successorOf({ uses, gives }: Call): string {
  if (gives?.refreshToken === uses) return 'itself'
  return `${gives?.accessToken} ${gives?.refreshToken}`
}

function findOutlived(lineage: Lineage): Violation[] {
  return [...lineage.things.values()].flatMap((thing) => [
    ...findAfterEnd(thing, lineage),
    ...findAfterExpiry(thing, lineage),
  ])
}

function findAfterExpiry(thing: Thing, lineage: Lineage): Violation[] {
  const lifetimeMs = lifetimeOf(thing, lineage.history.rules)
  if (lifetimeMs === undefined) return []
  const latestMs = thing.givenBy.endMs + lifetimeMs + lineage.history.rules.clockSlackMs
  return usesThatNeedLife(thing.id, lineage)
    .filter((use) => use.outcome === 'ok' && use.startMs > latestMs)
    .map((use): Violation => {
      const what = `${use.operation} succeeded after the ${thing.kind} had expired`
      return { law: 'L3', what, calls: [thing.givenBy, use] }
    })
}

function findAfterEnd(thing: Thing, lineage: Lineage): Violation[] {
  const ends = lineage.endingsOf(thing).filter(({ acknowledged }) => acknowledged)
  const [first] = ends.map(({ call }) => call).toSorted((a, b) => a.endMs - b.endMs)
  if (first === undefined) return []
  return usesThatNeedLife(thing.id, lineage)
    .filter((use) => use.outcome === 'ok' && use.startMs > first.endMs)
    .map((use): Violation => {
      const what = `${use.operation} succeeded after ${first.operation} of its ${thing.kind}’s grant`
      return { law: 'L3', what, calls: [first, use] }
    })
}

/** What once was refused stays refused: an outcome that was unknown is known from then on. */
function findRisen(lineage: Lineage): Violation[] {
  const { restores, history } = lineage
  return [...lineage.uses.keys()].flatMap((id) => {
    const calls = usesThatNeedLife(id, lineage)
    const thing = lineage.things.get(id)
    const [refused] = calls
      .filter(({ outcome }) => outcome === 'refused')
      // What was merely late for one clock may be in time for another.
      .filter((call) => !mayBeLate(thing, call, history.rules))
      .toSorted((a, b) => a.endMs - b.endMs)
    if (refused === undefined) return []
    return (
      calls
        .filter(({ outcome, startMs }) => outcome === 'ok' && startMs > refused.endMs)
        // Ids of JWTs that were used since the backup are unused again.
        .filter(
          (call) => call.operation !== 'exchange' || !restores.mayHaveForgotten(refused, call),
        )
        .map(
          (call): Violation => ({
            law: 'L4',
            what: `${call.operation} succeeded after ${refused.operation} of the same was refused`,
            calls: [refused, call],
          }),
        )
    )
  })
}

/** To end what has ended is no mistake. */
function usesThatNeedLife(id: string, { uses }: Lineage): readonly Call[] {
  return (uses.get(id) ?? []).filter(
    ({ operation }) => operation !== 'revoke' && operation !== 'sign-out',
  )
}

function findUnfounded(lineage: Lineage): Violation[] {
  const { history, things } = lineage
  const ofPair = Map.groupBy(history.calls, ({ user, client }) => `${user} ${client}`)
  return history.calls.flatMap((call): Violation[] => {
    if (call.outcome !== 'ok') return []
    const { operation, uses = '', client, user } = call
    const unfounded = (what: string): Violation[] => [{ law: 'L5', what, calls: [call] }]
    if (operation === 'client-grant' || operation === 'exchange') {
      return client === undefined ? unfounded('a token for whoever proved nothing') : []
    }
    const ofSame = ofPair.get(`${user} ${client}`) ?? []
    if (operation === 'authorize' && !mayBeConsented(call, ofSame)) {
      return unfounded(`a code for ${client} without a consent of ${user}`)
    }
    if (!NEEDS_SOMETHING_GIVEN.has(operation) || things.has(uses)) return []
    return unfounded(`${operation} of something that nobody was given`)
  })
}

const NEEDS_SOMETHING_GIVEN: ReadonlySet<Call['operation']> = new Set([
  'redeem',
  'refresh',
  'introspect',
  'authorize',
  'consent',
])

/** Of that user for that app, and not certainly forgotten before the code was asked for. */
function mayBeConsented(code: Call, ofSame: readonly Call[]): boolean {
  const partings = ofSame.filter((call) => call.operation === 'disconnect' && call.outcome === 'ok')
  return ofSame.some(
    (consent) =>
      consent.operation === 'consent' &&
      consent.outcome !== 'refused' &&
      consent.startMs < code.endMs &&
      !partings.some((parting) => parting.startMs > consent.endMs && parting.endMs < code.startMs),
  )
}
