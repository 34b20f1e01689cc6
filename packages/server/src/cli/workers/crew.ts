// A fixed number of workers: started one after the other, started again when one crashes, replaced one by one.

import { setTimeout as pause } from 'node:timers/promises'
import type { ServerOptions } from '../../app.ts'
import { CommandError } from '../failure.ts'
import type { StopRequest } from '../host.ts'
import type { WorkerProcess } from './worker-process.ts'

export interface CrewSettings {
  readonly count: number
  /** How long one may take to end. */
  readonly stopSeconds: number
  readonly log: ServerOptions['log']
  /** Before a worker that has crashed is started again; twice as long after each further crash. */
  readonly firstPauseMs?: number
  startWorker(): WorkerProcess
}

export interface Crew {
  /** @returns where they answer. @throws CommandError when one does not start */
  start(): Promise<string>
  /** Each new one answers before the old one leaves. When a new one does not start, the others stay as they are. */
  replaceAll(): Promise<void>
  /** Resolves when all have ended. @throws CommandError when one did not end well */
  stop(how: StopRequest): Promise<void>
  /** Rejects when no worker is left and new ones do not live. */
  readonly lost: Promise<never>
}

interface Place {
  /** undefined while a new one is on its way. */
  worker: WorkerProcess | undefined
  /** In a row. */
  crashes: number
}

/** Whoever has lived so long did not crash because of how it was started. */
const STEADY_MS = 10_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 30_000
const CRASHES_TO_GIVE_UP = 5

export function createCrew(settings: CrewSettings): Crew {
  const lost = Promise.withResolvers<never>()
  lost.promise.catch(() => undefined)
  const state: State = { ...settings, alive: new Set(), places: [], stopping: false, lost }
  return {
    start: () => startAll(state),
    replaceAll: () => replaceAll(state),
    stop: (how) => stopAll(how, state),
    lost: lost.promise,
  }
}

interface State extends CrewSettings {
  /** Ready or not. */
  readonly alive: Set<WorkerProcess>
  readonly places: Place[]
  readonly lost: PromiseWithResolvers<never>
  stopping: boolean
}

async function startAll(state: State): Promise<string> {
  let url = ''
  while (state.places.length < state.count && !state.stopping) {
    const worker = launch(state)
    const answersAt = await worker.ready
    if (answersAt === undefined) throw unstartable(await worker.ended)
    url = answersAt
    const place: Place = { worker, crashes: 0 }
    state.places.push(place)
    settle(worker, place, state)
  }
  return url
}

async function replaceAll(state: State): Promise<void> {
  const { places, count, log } = state
  for (const place of places) {
    if (state.stopping) return
    if (await replace(place, state)) continue
    if (!state.stopping) log.error({}, 'the new worker does not start: those that run are kept')
    return
  }
  log.info({ workers: count }, 'all workers replaced')
}

async function stopAll(how: StopRequest, state: State): Promise<void> {
  state.stopping = true
  const last = [...state.alive]
  for (const worker of last) worker.stop(how, state.stopSeconds)
  const endings = await Promise.all(last.map(({ ended }) => ended))
  if (endings.every(({ exitCode }) => exitCode === 0)) return
  throw new CommandError('not every worker ended well: see the lines above')
}

function launch({ startWorker, alive }: State): WorkerProcess {
  const worker = startWorker()
  alive.add(worker)
  worker.ended.then(() => alive.delete(worker))
  return worker
}

function settle(worker: WorkerProcess, place: Place, state: State): void {
  const { log, lost } = state
  place.worker = worker
  log.debug({ worker: worker.id, pid: worker.pid }, 'a worker answers requests')
  const steady = setTimeout(() => {
    place.crashes = 0
  }, STEADY_MS).unref()
  worker.ended.then((ending) => {
    clearTimeout(steady)
    if (state.stopping || place.worker !== worker) return
    place.worker = undefined
    log.error({ worker: worker.id, ...ending }, 'a worker has crashed')
    revive(place, state).catch(lost.reject)
  })
}

/** @throws CommandError when there is no hope */
async function revive(place: Place, state: State): Promise<void> {
  const { firstPauseMs = FIRST_PAUSE_MS } = state
  while (!state.stopping) {
    place.crashes += 1
    const nobodyLeft = state.places.every(({ worker }) => worker === undefined)
    if (place.crashes >= CRASHES_TO_GIVE_UP && nobodyLeft) throw hopeless()
    await pause(Math.min(firstPauseMs * 2 ** (place.crashes - 1), LONGEST_PAUSE_MS))
    if (state.stopping) return
    const worker = launch(state)
    if ((await worker.ready) !== undefined) return settle(worker, place, state)
  }
}

/** @returns false when the new one does not start */
async function replace(place: Place, state: State): Promise<boolean> {
  const before = place.worker
  // One that is on its way starts anew in any case.
  if (before === undefined) return true
  const after = launch(state)
  if ((await after.ready) === undefined) return false
  // The old one has crashed meanwhile, and its place is being filled.
  if (place.worker !== before) after.stop('replaced', state.stopSeconds)
  else {
    settle(after, place, state)
    before.stop('replaced', state.stopSeconds)
    await before.ended
  }
  return true
}

function unstartable({ exitCode, signal }: { exitCode: number | null; signal: string | null }) {
  const how = signal ?? `exit code ${exitCode}`
  return new CommandError(`a worker did not start (${how}): see the lines above`)
}

function hopeless(): CommandError {
  return new CommandError(
    `no worker is left, and new ones have crashed ${CRASHES_TO_GIVE_UP} times in a row: see the lines above`,
  )
}
