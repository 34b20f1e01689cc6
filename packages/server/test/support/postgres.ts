// A fresh PostgreSQL database for a test file. The server behind it is started once per test run, by
// postgres-setup.ts, when the first file asks.

import { inject } from 'vitest'
import { requestDatabase } from './postgres-process.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the test run hands out databases. */
    databaseDispenser: string
  }
}

/** @returns the URL of a new, empty database. */
export function createDatabase(): Promise<string> {
  return requestDatabase(inject('databaseDispenser'))
}
