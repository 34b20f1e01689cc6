// The primary process of several workers: it serves nothing itself, so that nothing can bring it down.

import type { Host } from '../host.ts'
import { type CrewSettings, createCrew } from './crew.ts'

export interface Supervision extends CrewSettings {
  /** All workers answer from now on. */
  readonly ready: (url: string) => void
  /** They answer, but not for long. */
  readonly leaving: () => void
}

/** Resolves when all workers have ended because they were asked to. @throws CommandError when they cannot be kept */
export async function supervise(supervision: Supervision, host: Host): Promise<void> {
  const { log, ready, leaving } = supervision
  const stop = host.stopRequested()
  const crew = createCrew(supervision)
  const started = Promise.withResolvers<void>()
  host.onRestartRequest(oneAtATime(() => started.promise.then(crew.replaceAll)))
  try {
    const url = await Promise.race([crew.start(), stop.then(() => undefined)])
    started.resolve()
    if (url !== undefined) ready(url)
    const how = await Promise.race([stop, crew.lost])
    leaving()
    log.info({}, 'stopping the workers')
    await crew.stop(how)
  } catch (error) {
    await crew.stop('interrupted').catch(() => undefined)
    throw error
  }
  log.info({}, 'stopped')
}

/** Whoever asks while it runs gets one more run after it. */
function oneAtATime(work: () => Promise<void>): () => void {
  let running = false
  let again = false
  return async () => {
    again = true
    if (running) return
    running = true
    while (again) {
      again = false
      await work()
    }
    running = false
  }
}
