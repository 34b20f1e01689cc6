// What callers do with the tokens they hold, and how often. Data: a scenario takes the table as it is, or makes its own.

import { newId } from '../../src/platform/random.ts'
import type { Caller, Held } from './caller.ts'
import { readIntrospection, readTokens } from './recorder.ts'

export interface Act {
  readonly name: string
  /** Out of all weights. */
  readonly weight: number
  run(caller: Caller): Promise<unknown>
}

/** Held grants are forgotten at random beyond so many, or a long run would do nothing but ask about old ones. */
const MOST_HELD = 200

export const HOLDING_ACTS: readonly Act[] = [
  { name: 'refresh', weight: 20, run: withHeld((caller, held) => caller.refresh(held)) },
  {
    name: 'refresh at once',
    weight: 4,
    run: withHeld((caller, held) => caller.refresh(held, { times: 3 })),
  },
  {
    name: 'refresh again',
    weight: 2,
    run: withHeld((caller, held) => caller.refresh(held, { age: 1 })),
  },
  {
    name: 'introspect',
    weight: 20,
    run: withHeld((caller, held) => caller.introspect(held, caller.random.pick(held.accessTokens))),
  },
  {
    name: 'revoke',
    weight: 2,
    run: withHeld((caller, held) => {
      const { random } = caller
      return caller.revoke(held, random.pick([...held.accessTokens, ...held.refreshTokens]))
    }),
  },
  { name: 'show a made-up token', weight: 2, run: withHeld(showMadeUp) },
]

function withHeld(run: (caller: Caller, held: Held) => Promise<unknown>): Act['run'] {
  return async (caller) => {
    const { held, random } = caller
    if (held.length > MOST_HELD) held.splice(random.below(held.length), 1)
    if (held.length > 0) await run(caller, random.pick(held))
  }
}

async function showMadeUp(caller: Caller, { client, refreshTokens }: Held): Promise<void> {
  const app = caller.at(client)
  const token = `ost_at_${newId()}${newId()}`
  await caller.present(app, { operation: 'introspect', uses: token }, async () =>
    readIntrospection(await app.introspect(token)),
  )
  if (refreshTokens.length === 0) return
  await caller.present(app, { operation: 'refresh', uses: token }, async () =>
    readTokens(await app.refresh(token)),
  )
}

/** Acts until told to stop. */
export async function actUntil(
  caller: Caller,
  acts: readonly Act[],
  isOver: () => boolean,
): Promise<void> {
  const total = acts.reduce((sum, { weight }) => sum + weight, 0)
  while (!isOver()) {
    await draw(acts, caller.random.next() * total)?.run(caller)
  }
}

function draw(acts: readonly Act[], drawn: number): Act | undefined {
  let left = drawn
  return acts.find(({ weight }) => {
    left -= weight
    return left < 0
  })
}
