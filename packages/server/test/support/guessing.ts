// The limit on guessing of one tenant, over the model of the store.

import {
  createGuessing,
  createSpentAllowances,
  type Guessing,
  type GuessingStore,
} from '../../src/identity/guessing.ts'
import { Sealer } from '../../src/platform/seal.ts'
import { createModel } from '../store/model/model.ts'
import { createFakeClock } from './fake-clock.ts'
import { TENANT } from './world.ts'

export function createGuessingWorld(change: Partial<GuessingStore> = {}) {
  const [model, clock] = [createModel(), createFakeClock()]
  const store = { ...model, ...change }
  const guesses: Guessing = createGuessing({
    ...{ tenant: TENANT, store, clock, sealer: new Sealer(Buffer.alloc(32, 1)) },
    limits: { signInsPerMinute: 120, clientsPerMinute: 60 },
    spent: createSpentAllowances({ store, clock }),
  })
  return { store, clock, guesses }
}
