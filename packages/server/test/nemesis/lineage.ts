// Puts a history in order: which calls are about what, which grant a token belongs to, and what may have ended it.

import type { Call, Given, History, Rules } from './history.ts'
import { findRestores, type Restores } from './restores.ts'
import type { Ending, Thing } from './thing.ts'

export interface Lineage {
  readonly history: History
  readonly things: ReadonlyMap<string, Thing>
  /** Calls that presented something: id -> in the order of their answers. */
  readonly uses: ReadonlyMap<string, readonly Call[]>
  readonly restores: Restores
  /** Calls that may have ended a grant, whatever they were answered. */
  endingsOf(thing: Thing): readonly Ending[]
}

const KINDS = {
  code: 'code',
  accessToken: 'access token',
  refreshToken: 'refresh token',
  session: 'session',
} as const satisfies Partial<Record<keyof Given, Thing['kind']>>

export function traceLineage(history: History): Lineage {
  const things = new Map<string, Thing>()
  const uses = new Map<string, Call[]>()
  for (const call of history.calls.toSorted((a, b) => a.startMs - b.startMs)) {
    if (call.outcome === 'ok') keepGiven(call, things)
  }
  for (const call of history.calls) {
    if (call.uses !== undefined) put(uses, call.uses, call)
  }
  const restores = findRestores(history)
  const endings = findEndings({ history, restores }, things, uses)
  const { partings, ofGrant, ofSession } = endings
  return {
    history,
    things,
    uses,
    restores,
    endingsOf(thing) {
      const isSession = thing.kind === 'session'
      const given = isSession ? thing.givenBy : things.get(thing.grant)?.givenBy
      if (given === undefined) return []
      const apart = keysOf(given)
        .flatMap((key) => partings.get(key) ?? [])
        // A grant that was given after the app was removed is another one; at the same moment, it may be.
        .filter(({ call }) => call.endMs > given.startMs)
        .map(({ call, acknowledged }) => ({
          call,
          acknowledged: acknowledged && call.startMs > given.endMs,
        }))
      const alone = isSession ? ofSession.get(thing.id) : ofGrant.get(thing.grant)
      return [...(alone ?? []), ...apart, ...restores.endingsOf(thing)]
    },
  }
}

const EVERY = '*'

function keysOf({ user = '', client = '' }: Call): readonly string[] {
  return [`${user} ${client}`, `${user} ${EVERY}`, `${EVERY} ${client}`]
}

/** What parts a user from an app: operation -> whose grants end. */
const PARTINGS: Partial<Record<Call['operation'], (call: Call) => string>> = {
  disconnect: ({ user, client }) => `${user} ${client}`,
  'end-user': ({ user }) => `${user} ${EVERY}`,
  'end-app': ({ client }) => `${EVERY} ${client}`,
}

function keepGiven(call: Call, things: Map<string, Thing>): void {
  const { gives = {} } = call
  for (const [name, kind] of Object.entries(KINDS)) {
    const id = gives[name as keyof typeof KINDS]
    if (id === undefined || things.has(id)) continue
    things.set(id, { id, kind, givenBy: call, grant: grantOf(call, id, things) })
  }
}

function grantOf(call: Call, id: string, things: Map<string, Thing>): string {
  const { operation, uses, gives } = call
  if (operation === 'redeem' || operation === 'refresh') {
    return things.get(uses ?? '')?.grant ?? 'nobody’s'
  }
  return gives?.accessToken ?? id
}

function findEndings(
  { history, restores }: Pick<Lineage, 'history' | 'restores'>,
  things: ReadonlyMap<string, Thing>,
  uses: ReadonlyMap<string, readonly Call[]>,
) {
  const ofGrant = new Map<string, Ending[]>()
  const ofSession = new Map<string, Ending[]>()
  const partings = new Map<string, Ending[]>()
  for (const call of history.calls) {
    const acknowledged = call.outcome === 'ok'
    if (call.operation === 'sign-out') put(ofSession, call.uses ?? '', { call, acknowledged })
    const parting = PARTINGS[call.operation]?.(call)
    if (parting !== undefined) put(partings, parting, { call, acknowledged })
    const thing = things.get(call.uses ?? '')
    const ending = thing && endingByUse(call, thing, { rules: history.rules, uses, restores })
    if (ending) put(ofGrant, thing.grant, ending)
  }
  return { ofGrant, ofSession, partings }
}

/** What ends a grant: to revoke one of its tokens, or to use again what is good once. */
function endingByUse(
  call: Call,
  thing: Thing,
  { rules, uses, restores }: { rules: Rules; uses: Lineage['uses']; restores: Restores },
): Ending | undefined {
  const others = (uses.get(thing.id) ?? []).filter((other) => other !== call)
  if (call.operation === 'revoke') {
    // RFC 7009 §2.2: a token that has expired is none, and nothing ends with it.
    const acknowledged = call.outcome === 'ok' && !hasMaybeExpired(thing, call, rules)
    return { call, acknowledged }
  }
  if (call.operation === 'redeem' && mayBeReplay(call, others, rules)) {
    return { call, acknowledged: isReplay(call, others, rules) }
  }
  if (call.operation === 'refresh' && mayBeReuse(call, others, { rules, uses })) {
    const isReuse = mayBeReuse(call, restores.knownTo(call, others), { rules, uses })
    return { call, acknowledged: call.outcome === 'refused' && isReuse }
  }
  return undefined
}

/** RFC 6749 §4.1.2: whoever is refused because the code was used some time ago has ended what it gave. */
function isReplay(call: Call, others: readonly Call[], rules: Rules): boolean {
  if (call.outcome !== 'refused') return false
  const agoMs = rules.codeRepeatMs + rules.clockSlackMs
  return others.some(({ outcome, endMs }) => outcome === 'ok' && endMs + agoMs < call.startMs)
}

/** Unless it surely came too soon after the first one. */
function mayBeReplay(call: Call, others: readonly Call[], rules: Rules): boolean {
  const agoMs = rules.codeRepeatMs - rules.clockSlackMs
  return others.some(
    ({ operation, startMs }) => operation === 'redeem' && startMs + agoMs < call.endMs,
  )
}

/** Of a code or an access token; what lives for weeks does not expire here. */
export function lifetimeOf({ kind, givenBy }: Thing, rules: Rules): number | undefined {
  if (kind === 'code') return rules.codeLifetimeMs
  return kind === 'access token' ? givenBy.gives?.lifetimeMs : undefined
}

export function hasMaybeExpired(thing: Thing, call: Call, rules: Rules): boolean {
  const lifetimeMs = lifetimeOf(thing, rules)
  if (lifetimeMs === undefined) return false
  return call.endMs > thing.givenBy.startMs + lifetimeMs - rules.clockSlackMs
}

/** RFC 9700 §4.14.2: a retry is no reuse while its window is open and its successor unused. */
export function mayBeReuse(
  call: Call,
  others: readonly Call[],
  { rules, uses }: { rules: Rules; uses: Lineage['uses'] },
): boolean {
  const { retryWindowMs, clockSlackMs } = rules
  return others.some((other) => {
    if (other.operation !== 'refresh' || other.startMs > call.endMs) return false
    if (call.endMs - other.startMs > retryWindowMs - clockSlackMs) return true
    const successor = uses.get(other.gives?.refreshToken ?? '') ?? []
    return successor.some((use) => use.operation === 'refresh' && use.startMs < call.endMs)
  })
}

function put<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
