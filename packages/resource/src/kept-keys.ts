// How long keys of the issuer are kept, and how often unknown ones are asked for: the same for published and secret keys.

import { holdOff, shareWhileRunning } from './documents.ts'
import { LONG_AGO, millisecondsSince, takeInstant } from './elapsed.ts'

/** A key that the issuer withdrew is forgotten after this time, … */
const KEPT_MILLISECONDS = 600_000
/** … and a stranger's key costs the issuer a question no oftener than this. */
const ASKED_AGAIN_MILLISECONDS = 30_000

export interface KeptKeys<Keys> {
  /** Undefined when they could never be had. */
  readonly keys: Keys | undefined
  /** Why they could not be had anew just now: the keys are those from before. */
  readonly failure: { readonly cause: unknown } | undefined
}

/** `load` asks the issuer; `has` tells whether a key is among those that are kept. */
export function keepKeys<Keys>(
  load: () => Promise<Keys>,
): (has: (keys: Keys) => boolean) => Promise<KeptKeys<Keys>> {
  let keys: Keys | undefined
  let loadedAt = LONG_AGO
  const loadOnce = shareWhileRunning(
    holdOff(async () => {
      keys = await load()
      loadedAt = takeInstant()
    }),
  )

  return async (has) => {
    const isKnown = keys !== undefined && has(keys)
    const keptMilliseconds = isKnown ? KEPT_MILLISECONDS : ASKED_AGAIN_MILLISECONDS
    let failure: { readonly cause: unknown } | undefined
    if (millisecondsSince(loadedAt) >= keptMilliseconds) {
      await loadOnce().catch((cause: unknown) => {
        failure = { cause }
      })
    }
    return { keys, failure }
  }
}
