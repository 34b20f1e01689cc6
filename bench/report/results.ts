// What a run leaves behind: numbers, and what they were taken on.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { GrowthResults } from '../growth/results.ts'
import type { OperationFigures } from '../measure/compare.ts'
import type { Machine } from '../measure/machine.ts'
import type { OperationName } from '../operations/operation.ts'
import type { SdkCosts } from '../sdk/costs.ts'

export interface Method {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
}

export interface Results {
  readonly machine: Machine
  readonly method: Method
  readonly idleMegabytes: Readonly<Record<string, number>>
  readonly operations: Partial<Readonly<Record<OperationName, OperationFigures>>>
  readonly sdk?: SdkCosts
}

export const LATEST = 'latest.json'
export const GROWTH = 'growth.json'

export function saveResults(name: string, results: Results | GrowthResults): void {
  writeFileSync(pathOf(name), `${JSON.stringify(results, rounded, 2)}\n`)
}

export function loadResults(): Results | undefined {
  return load(LATEST) as Results | undefined
}

export function loadGrowth(): GrowthResults | undefined {
  return load(GROWTH) as GrowthResults | undefined
}

function load(name: string): unknown {
  const path = pathOf(name)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../results/${name}`, import.meta.url))
}

/** Nobody measures the tenth digit. */
function rounded(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value
}
