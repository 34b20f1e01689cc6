// Counts the checks of signatures in this process, those with secret keys included.

import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { onTestFinished, vi } from 'vitest'

/** @returns how many there were since */
export function countSignatureChecks(): () => number {
  const spies = [vi.spyOn(crypto, 'verify'), vi.spyOn(crypto, 'createHmac')]
  // The modules under test import them by name.
  syncBuiltinESMExports()
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
    syncBuiltinESMExports()
  })
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0)
}
