// A way to tokens: the contract it needs, and the acts by which callers come by them.

import type { DeploymentOptions } from '../../support/server-process.ts'
import type { Act } from '../acts.ts'
import type { Caller } from '../caller.ts'
import type { Place } from '../place.ts'

export interface Way {
  readonly name: string
  readonly deployment: DeploymentOptions
  /** Makes what the callers need. @returns what a caller does to come by tokens, how often each */
  settle(place: Place, callers: number): Promise<(caller: Caller) => Promise<readonly Act[]>>
}
