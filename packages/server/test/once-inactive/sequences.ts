// Any number of sequences of moves, each in a world of its own, until one of them breaks the law.

import fc from 'fast-check'
import { act } from './acts.ts'
import { uphold } from './law.ts'
import { anySequence, type Sequence } from './moves.ts'
import type { Seeds } from './place.ts'
import { issueWithoutTags } from './upgrade.ts'
import { openWorld } from './world.ts'

/** @throws Error with the seed and the fewest moves that break the law */
export async function runSequences(
  seeds: Seeds,
  { sequences, seed }: { readonly sequences: number; readonly seed: number },
): Promise<void> {
  const property = fc.asyncProperty(anySequence, (sequence) => runSequence(seeds, sequence))
  await fc.assert(property, { numRuns: sequences, seed })
}

export async function runSequence(seeds: Seeds, { tenant, moves }: Sequence): Promise<void> {
  const world = await openWorld(await seeds.of(tenant))
  try {
    if (tenant === 'upgraded') {
      await issueWithoutTags(world)
      await uphold(world, 0)
    }
    for (const [step, move] of moves.entries()) {
      await act(move, world)
      await uphold(world, step)
    }
  } finally {
    await world.close()
  }
}
