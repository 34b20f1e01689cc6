// Does a move, whatever it is.

import { rotateKeys } from '../../src/tokens/keys.ts'
import { API } from '../support/world.ts'
import { ENDING } from './ending.ts'
import { EXCHANGING } from './exchanging.ts'
import { type Acts, GIVING } from './giving.ts'
import type { Move, MoveName } from './moves.ts'
import { restore } from './restore.ts'
import { settingsFor } from './tenants.ts'
import { closeNodes, configureNode, newGuard, openNode, openNodes, type World } from './world.ts'

export async function act(move: Move, world: World): Promise<void> {
  await (ACTS[move.do] as Acts<MoveName>[MoveName])(move as never, world)
}

const ACTS: Acts<MoveName> = {
  ...GIVING,
  ...EXCHANGING,
  ...ENDING,

  async configure({ do: _, ...asked }, world) {
    const settings = settingsFor(world.seed.kind, asked)
    const isSameContract = settings.contract === world.settings.contract
    world.settings = settings
    world.nodes = [configureNode(world, 0), configureNode(world, 1)]
    if (isSameContract) return
    world.guard.close()
    world.guard = newGuard(world)
  },

  async 'rotate keys'({ node }, world) {
    const { keyDeps } = world.nodes[node]
    const { keyPerApi } = keyDeps.tenant.rules.jwt
    await rotateKeys(keyDeps, keyPerApi ? { audience: API } : {})
  },

  async 'clean up'({ node }, world) {
    const { store, deps } = world.nodes[node]
    await store.deleteExpired(deps.clock.nowSeconds(), 500)
  },

  async restart({ what }, world) {
    if (what === 'api') {
      world.guard.close()
      world.guard = newGuard(world)
      return
    }
    await world.nodes[what].store.close()
    const node = await openNode(world, what)
    world.nodes = what === 0 ? [node, world.nodes[1]] : [world.nodes[0], node]
  },

  async 'back up'(_move, world) {
    const { place } = world
    if (!place.copiesWhileOpen) await closeNodes(world)
    await place.backUp()
    if (!place.copiesWhileOpen) world.nodes = await openNodes(world)
    world.backup = { ended: new Set(world.known.ended) }
  },

  restore,

  async step({ what, seconds }, { machines }) {
    const machine = what === 'api' ? machines.api : machines.nodes[what]
    machine.step(seconds)
  },

  async wait({ seconds }, { clocks }) {
    clocks.pass(seconds)
  },

  async feed({ isAway }, world) {
    world.isFeedAway = isAway
  },
}
