// Puts the database back to its backup, in the ways that `ostiary restore` has and that keep the law.

import { readLaterRevocations } from '../../src/cli/feed/later-revocations.ts'
import { restoreDatabase } from '../../src/operations/restore.ts'
import { openRestored } from '../../src/store/sql/open-restored.ts'
import type { MoveOf } from './moves.ts'
import { end } from './tokens.ts'
import { closeNodes, openNodes, type World } from './world.ts'

/** `feed` and `endAllGrants` are its options; without the first it takes the second. */
export async function restore(move: MoveOf<'restore'>, world: World): Promise<void> {
  const { place, known, clocks, backup, machines } = world
  const endAllGrants = move.endAllGrants || !move.feed
  if (backup === undefined) return
  await closeNodes(world)
  await place.putBack()
  const [clock] = machines.nodes
  const database = await openRestored(place.settings)
  const state = await database.look()
  const { tenant } = world.nodes[0].deps
  const at = { epoch: state.epoch, lastSequenceOf: () => state.tenants[0]?.lastSequence ?? 0 }
  const later = move.feed
    ? new Map([[tenant.name, readLaterRevocations(world.copy.path, at)]])
    : new Map()
  const { issuedUntilSeconds } = await restoreDatabase(
    { later, ends: endAllGrants ? 'all' : 'rotating', tenants: [tenant.name] },
    { database, state, clock },
  )
  await database.close()
  // As the command does.
  clocks.pass(issuedUntilSeconds + 1 - clock.nowSeconds())
  known.voidUntilSeconds = issuedUntilSeconds
  known.codes.splice(0)
  // Nobody knows any more what they were redeemed for.
  known.spentCodes.splice(0)
  known.ended.clear()
  for (const each of backup.ended) known.ended.add(each)
  for (const token of known.tokens) {
    if (token.kind === 'access' || endAllGrants) end(token, 'the database was restored')
  }
  world.nodes = await openNodes(world)
}
