// What a run with a full store leaves behind.

import type { Figures } from '../measure/compare.ts'
import type { Machine } from '../measure/machine.ts'

export interface GrowthResults {
  readonly machine: Machine
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly stores: readonly StoreGrowth[]
}

export interface StoreGrowth {
  /** Name of the subject. */
  readonly subject: string
  /** Grants in the smallest store, which all others are compared with. */
  readonly smallest: number
  readonly sizes: readonly SizeFigures[]
  readonly cleanUp?: CleanUpFigures
}

export interface SizeFigures {
  readonly grants: number
  readonly databaseGigabytes: number
  readonly fillSeconds: number
  readonly operations: Readonly<Record<string, Growth>>
}

/** Taken in turns, so that what the machine does meanwhile hits both alike. */
export interface Growth {
  readonly grown: Figures
  readonly smallest: Figures
}

export interface CleanUpFigures {
  readonly rows: number
  /** From the start of the server until the last of them is gone. */
  readonly seconds: number
  readonly done: boolean
  /** The same load without and with the clean-up behind it. */
  readonly before: { readonly perSecond: number; readonly p99Ms: number }
  readonly during: { readonly perSecond: number; readonly p99Ms: number; readonly maxMs: number }
}
