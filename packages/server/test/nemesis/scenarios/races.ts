// R3 and R4: one code redeemed by 50 at once, one refresh token used by 20 at once, over three processes.

import { WEB_APP } from '../../support/world.ts'
import { Caller } from '../caller.ts'
import { Person } from '../person.ts'
import { Place } from '../place.ts'
import type { Run, Scenario } from '../scenario.ts'
import type { Random } from '../seeded-random.ts'
import { codeFlow, openByCode } from '../ways/code-flow.ts'
import { createUsers } from '../ways/credentials.ts'

const ROUNDS = 10_000
/** Before connections are open and code is warm, callers do not meet. */
const FEWEST_ROUNDS = 10
const PROCESSES = 3
const ROUNDS_PER_HISTORY = 100

export const codeRace: Scenario = {
  goal: 'R3',
  claim: 'of 50 parallel redemptions of a code over three processes exactly one succeeds',
  stores: ['sqlite', 'postgres'],
  run: (run) =>
    race(run, async (caller, person) => {
      const held = await openByCode(caller, person, { client: WEB_APP, times: 50 })
      // Those who lost are the app, too: what the winner got is good.
      if (held) await caller.introspect(held, held.accessTokens[0] ?? '')
      caller.held.length = 0
      caller.replays.length = 0
    }),
}

export const refreshRace: Scenario = {
  goal: 'R4',
  claim: 'of 20 parallel refreshes over three processes all get the one successor',
  stores: ['sqlite', 'postgres'],
  run: (run) =>
    race(run, async (caller, person) => {
      const held =
        caller.held[0] ?? (await openByCode(caller, person, { client: WEB_APP, times: 1 }))
      if (held === undefined) return
      await caller.refresh(held, { times: 20 })
      await caller.introspect(held, held.accessTokens.at(-1) ?? '')
      held.accessTokens.splice(0, held.accessTokens.length - 1)
      held.refreshTokens.splice(0, held.refreshTokens.length - 1)
    }),
}

type RunRound = (caller: Caller, person: Person) => Promise<void>

async function race(
  { openDatabase, random, rounds, verdict }: Run,
  runRound: RunRound,
): Promise<void> {
  const database = await openDatabase()
  const place = await Place.open({ database, processes: PROCESSES, ...codeFlow.deployment })
  try {
    let racer: Awaited<ReturnType<typeof newRacer>> | undefined
    for (const round of rounds(ROUNDS, { atLeast: FEWEST_ROUNDS })) {
      if (round % ROUNDS_PER_HISTORY === 0) {
        verdict.judge(place)
        racer = await newRacer(place, random.fork(round))
      }
      if (racer) await runRound(racer.caller, racer.person)
      verdict.rounds += 1
    }
    verdict.judge(place)
  } finally {
    await place.close()
  }
}

/** Somebody new, of whom earlier histories know nothing. */
async function newRacer(place: Place, random: Random) {
  const context = await place.deployment.openContext()
  const [username = ''] = await createUsers(1, context)
  await context.store.close()
  const caller = new Caller({ id: 0, place, random })
  const person = new Person(caller, username)
  await person.signIn()
  return { caller, person }
}
