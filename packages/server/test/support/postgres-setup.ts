// Runs once per test run, before all projects: starts the process that owns the PostgreSQL of the tests.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { TestProject } from 'vitest/node'

let server: ChildProcess | undefined

export async function setup(project: TestProject): Promise<void> {
  server = fork(new URL('./postgres-server.ts', import.meta.url))
  const [url] = await once(server, 'message')
  project.provide('databaseDispenser', String(url))
}

export async function teardown(): Promise<void> {
  if (server === undefined || server.exitCode !== null) return
  const stopped = once(server, 'exit')
  server.disconnect()
  await stopped
}
