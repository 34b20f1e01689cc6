// What a restore does to a history: it ends what it must, and the servers after it know nothing of what came after the
// backup.

import type { Call, History } from './history.ts'
import type { Ending, Thing } from './thing.ts'

export interface Restores {
  endingsOf(thing: Thing): readonly Ending[]
  /** Whether a server that was asked later may know nothing of the earlier call. */
  mayHaveForgotten(earlier: Call, later: Call): boolean
  /** Whether a JWT that is good once may be from before a restore, for all that the servers know (decision 0053). */
  mayRefuseJwt(call: Call): boolean
  /** Those of them that a server knows of for certain when it is asked. */
  knownTo(call: Call, others: readonly Call[]): readonly Call[]
}

/** Clocks may be apart by so much; the caller's own, another second. */
const JWT_MARGIN_MS = 121_000

export function findRestores({ calls }: History): Restores {
  const restores = calls.filter(({ operation }) => operation === 'restore')
  const mayHaveForgotten = (earlier: Call, later: Call) =>
    restores.some(
      (restore) =>
        earlier.endMs > backupOf(restore) &&
        earlier.startMs < restore.startMs &&
        later.endMs > restore.startMs,
    )
  return {
    endingsOf: (thing) => restores.flatMap((restore) => endingBy(restore, thing)),
    mayHaveForgotten,
    mayRefuseJwt: ({ startMs, endMs }) =>
      restores.some(
        (restore) => endMs > restore.startMs && startMs < restore.endMs + JWT_MARGIN_MS,
      ),
    knownTo: (call, others) => others.filter((other) => !mayHaveForgotten(other, call)),
  }
}

/**
 * Access tokens, sessions and codes from before are void. Refresh tokens go on, unless all grants were ended; those
 * that were given after the backup nobody knows any more.
 */
function endingBy(restore: Call, { kind, givenBy }: Thing): readonly Ending[] {
  if (givenBy.startMs > restore.startMs) return []
  const isDone = restore.outcome === 'ok'
  if (kind !== 'refresh token' || restore.restores?.endsAllGrants) {
    return [{ call: restore, acknowledged: isDone }]
  }
  return givenBy.endMs > backupOf(restore) ? [{ call: restore, acknowledged: false }] : []
}

function backupOf({ restores, startMs }: Call): number {
  return restores?.fromMs ?? startMs
}
