// All scenarios, in the order of the goals.

import type { Scenario } from '../scenario.ts'
import { clock } from './clock.ts'
import { fullDisk } from './full-disk.ts'
import { kill } from './kill.ts'
import { loweredLifetime } from './lowered-lifetime.ts'
import { overload } from './overload.ts'
import { powerLoss } from './power-loss.ts'
import { primaryLoss } from './primary-loss.ts'
import { codeRace, refreshRace } from './races.ts'
import { reach } from './reach.ts'
import { restore } from './restore.ts'
import { slowSockets } from './slow-sockets.ts'
import { soak } from './soak.ts'
import { stall } from './stall.ts'

export const SCENARIOS: readonly Scenario[] = [
  kill,
  powerLoss,
  codeRace,
  refreshRace,
  primaryLoss,
  stall,
  fullDisk,
  clock,
  slowSockets,
  overload,
  soak,
  reach,
  restore,
  loweredLifetime,
]
