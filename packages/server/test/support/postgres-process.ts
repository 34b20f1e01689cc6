// Starts the process that owns the PostgreSQL of the tests, and asks it for databases.

import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface PostgresProcess {
  /** Where it hands out databases. */
  readonly dispenser: string
  stop(): Promise<void>
}

export async function startPostgresProcess(): Promise<PostgresProcess> {
  const child = fork(new URL('./postgres-server.ts', import.meta.url))
  const [dispenser] = await once(child, 'message')
  return {
    dispenser: String(dispenser),
    async stop() {
      if (child.exitCode !== null) return
      const stopped = once(child, 'exit')
      child.disconnect()
      await stopped
    },
  }
}

/** @returns the URL of a new, empty database. */
export async function requestDatabase(dispenser: string): Promise<string> {
  const response = await fetch(dispenser, { method: 'POST' })
  const text = await response.text()
  if (!response.ok) throw new Error(`no PostgreSQL for the tests: ${text}`)
  return text
}
