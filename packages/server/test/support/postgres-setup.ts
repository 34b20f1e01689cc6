// Runs once per test run, before all projects: starts the process that owns the PostgreSQL of the tests.

import type { TestProject } from 'vitest/node'
import { type PostgresProcess, startPostgresProcess } from './postgres-process.ts'

let postgres: PostgresProcess | undefined

export async function setup(project: TestProject): Promise<void> {
  postgres = await startPostgresProcess()
  project.provide('databaseDispenser', postgres.dispenser)
}

export async function teardown(): Promise<void> {
  await postgres?.stop()
}
