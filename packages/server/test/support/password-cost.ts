// What a password costs in a test. A hash says by itself how it was made, so processes that make them at different costs
// understand each other.

import { afterAll, beforeAll } from 'vitest'
import { COST_TODAY } from '../../src/identity/password-hashes/argon2.ts'

const FULL = { ...COST_TODAY }
const LOW = { memoryKiB: 64, passes: 1 }

/** A password is made to cost as much as a hundred requests, which most tests do not speak of. */
export function lowerPasswordCost(): void {
  Object.assign(COST_TODAY, LOW)
}

/** For a file, or a group of tests, that rests on what a password costs: its queue, its time, its hash. */
export function hashAtFullCost(): void {
  let before = FULL
  beforeAll(() => {
    before = { ...COST_TODAY }
    Object.assign(COST_TODAY, FULL)
  })
  afterAll(() => void Object.assign(COST_TODAY, before))
}

export async function atFullCost<T>(act: () => Promise<T>): Promise<T> {
  const before = { ...COST_TODAY }
  Object.assign(COST_TODAY, FULL)
  try {
    return await act()
  } finally {
    Object.assign(COST_TODAY, before)
  }
}
