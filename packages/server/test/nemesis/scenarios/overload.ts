// R15: five times as many requests as can be served, or callers as there is room for. Those that are served are nearly
// as many as ever, the others hear no at once, and a few seconds later it is forgotten. The server has one core for
// itself where there are two: the load would take from it what it is to show.

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { registerDesktopApp } from '../../support/contract-world.ts'
import { TestApp } from '../../support/test-app.ts'
import { MACHINE, PASSWORD } from '../../support/world.ts'
import { BareCaller } from '../bare-caller.ts'
import { type Outcome, offer } from '../offered-load.ts'
import { Place, type PlaceOptions } from '../place.ts'
import type { Run, Scenario } from '../scenario.ts'
import { createUsers } from '../ways/credentials.ts'

const TIMES = 5
const GOODPUT = 0.8
const RECOVERED = 0.9
const RECOVERY_MS = 5000
/** Turned away is who hears so before they would have been served. */
const REFUSED_WITHIN_MS = 1000
/** Callers with passwords: to keep the server busy, and to overwhelm it. */
const SIGNING_IN = 16
const MANY_SIGNING_IN = 200
/** For requests in flight, of cheap ones. */
const ROOM = 50

const TASKSET = '/usr/bin/taskset'
/** util-linux, where it is. */
const OWN_CORE =
  availableParallelism() > 1 && existsSync(TASKSET) ? [TASKSET, '--cpu-list', '0'] : []

/** Something to ask for in numbers. */
interface Demand {
  readonly name: string
  readonly place: Omit<PlaceOptions, 'database'>
  /** As many as it takes to keep the server busy, and fewer than it turns away. */
  readonly busyCallers: number
  readonly callers: number
  /** How long whoever was turned away stays away. @param perSecond what is served at the peak */
  pauseMs(perSecond: number): number
  prepare(place: Place, callers: number): Promise<Ask>
}

type Ask = (caller: number) => Promise<Outcome>

export const overload: Scenario = {
  goal: 'R15',
  claim:
    'at five times the load as much is served as at the peak, nearly, and the rest is turned away at once',
  stores: ['sqlite', 'postgres'],

  async run(run) {
    for (const demand of DEMANDS) {
      const database = await run.openDatabase()
      const place = await Place.open({
        database,
        ...demand.place,
        process: { ...demand.place.process, under: OWN_CORE },
      })
      try {
        const ask = await demand.prepare(place, demand.callers)
        for (const _round of run.rounds(5, { share: 1 / DEMANDS.length }))
          await overwhelm(demand, ask, run)
      } finally {
        await place.close()
      }
    }
  },
}

async function overwhelm(
  { name, busyCallers, callers, pauseMs }: Demand,
  ask: Ask,
  { verdict, minutes }: Run,
): Promise<void> {
  const milliseconds = Math.min(30_000, Math.max(3000, minutes * 5000))
  const usual = { callers: busyCallers, pauseMs: 50, ask }
  await offer({ ...usual, milliseconds: milliseconds / 2 })
  const peak = await offer({ ...usual, milliseconds })
  const over = await offer({ callers, milliseconds, pauseMs: pauseMs(peak.served), ask })
  await offer({ ...usual, milliseconds: RECOVERY_MS })
  const after = await offer({ ...usual, milliseconds })

  const offeredTimes = over.offered / peak.served
  const goodput = over.served / peak.served
  const percent = Math.round(goodput * 100)
  verdict.notes.push(
    `${name}: ${Math.round(peak.served)}/s at the peak, ${percent} % of it at ${offeredTimes.toFixed(1)} times the load, refused within ${Math.round(over.refusedWithinMs)} ms`,
  )
  verdict.expect(goodput >= GOODPUT, `${name}: only ${percent} % of the peak was served`)
  verdict.expect(over.refusedWithinMs <= REFUSED_WITHIN_MS, `${name}: refused too slowly`)
  for (const each of [...peak.odd, ...over.odd, ...after.odd]) {
    verdict.expect(false, `${name}: answered ${each}`)
  }
  const recovered = after.served / peak.served
  verdict.expect(
    recovered >= RECOVERED,
    `${name}: ${Math.round(recovered * 100)} % of the peak after the load was gone`,
  )
  verdict.rounds += 1
  verdict.operations += 1
}

const DEMANDS: readonly Demand[] = [
  {
    name: 'passwords',
    place: { contract: 'json-api' },
    busyCallers: SIGNING_IN,
    callers: MANY_SIGNING_IN,
    // So that all of them together ask for as much as they are meant to.
    pauseMs: (perSecond) => (1000 * (MANY_SIGNING_IN - SIGNING_IN)) / ((TIMES - 1) * perSecond),
    async prepare({ deployment }, callers) {
      const context = await deployment.openContext()
      const client = await registerDesktopApp(context)
      const usernames = await createUsers(callers, context)
      await context.store.close()
      const app = new TestApp(deployment, client)
      return async (caller) => {
        const form = { grant_type: 'password', username: usernames[caller], password: PASSWORD }
        const { status, headers, text } = await app.token(form)
        return { status, text, saysWhen: headers.has('retry-after') }
      }
    },
  },
  {
    name: 'client credentials',
    place: {
      policy: { accessToken: { format: 'opaque' } },
      process: { env: { OSTIARY_SERVER_MAX_REQUESTS_IN_FLIGHT: String(ROOM) } },
    },
    busyCallers: ROOM - 10,
    callers: TIMES * ROOM,
    // As they are told to. To turn a request away costs half of what serving it does, so nothing could serve five times
    // as many of them as it can, if those that it turns away came back at once.
    pauseMs: () => 1000,
    async prepare({ deployment }, callers) {
      const credentials = Buffer.from(`${MACHINE.id}:${MACHINE.secret}`).toString('base64')
      const request = {
        port: deployment.port,
        path: deployment.paths.token ?? '',
        authorization: `Basic ${credentials}`,
        form: 'grant_type=client_credentials',
      }
      const all = Array.from({ length: callers }, () => new BareCaller(request))
      return async (caller) => (all[caller] as BareCaller).ask()
    },
  },
]
