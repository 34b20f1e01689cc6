// A fresh PostgreSQL database for a test file. The server behind it is started once per test run, by
// postgres-setup.ts, when the first file asks.

import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the test run hands out databases. */
    databaseDispenser: string
  }
}

/** @returns the URL of a new, empty database. */
export async function createDatabase(): Promise<string> {
  const response = await fetch(inject('databaseDispenser'), { method: 'POST' })
  const text = await response.text()
  if (!response.ok) throw new Error(`no PostgreSQL for the tests: ${text}`)
  return text
}
