// Any number of sequences of moves, each in a world of its own, until one of them breaks the law.

import fc from 'fast-check'
import { act } from './acts.ts'
import { uphold } from './law.ts'
import { anyMoves, type Move } from './moves.ts'
import type { Seed } from './place.ts'
import { openWorld } from './world.ts'

/** @throws Error with the seed and the fewest moves that break the law */
export async function runSequences(
  seeded: Seed,
  { sequences, seed }: { readonly sequences: number; readonly seed: number },
): Promise<void> {
  const property = fc.asyncProperty(anyMoves, (moves) => runSequence(seeded, moves))
  await fc.assert(property, { numRuns: sequences, seed })
}

export async function runSequence(seeded: Seed, moves: readonly Move[]): Promise<void> {
  const world = await openWorld(seeded)
  try {
    for (const [step, move] of moves.entries()) {
      await act(move, world)
      await uphold(world, step)
    }
  } finally {
    await world.close()
  }
}
