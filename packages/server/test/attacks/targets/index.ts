// The servers that can be attacked by name, and any other by a file that describes it.

import { pathToFileURL } from 'node:url'
import { requestDatabase, startPostgresProcess } from '../../support/postgres-process.ts'
import { startTestServer, type TestServerOptions } from '../../support/start-server.ts'
import type { AttackTarget } from '../target.ts'
import { attackOidcProvider } from './oidc-provider.ts'
import { attackOstiary } from './ostiary.ts'

/** Starts a server; each of them is stopped by its own target. */
export type Opening = () => Promise<AttackTarget>

/** Name -> one server for each way of keeping data that it is measured with. */
export const TARGETS: Readonly<Record<string, readonly Opening[]>> = {
  ostiary: [
    () => attackOstiary((options) => startTestServer('sqlite', options), 'Ostiary, SQLite'),
    attackOstiaryOnPostgres,
  ],
  'oidc-provider': [() => attackOidcProvider('memory'), () => attackOidcProvider('sqlite')],
}

async function attackOstiaryOnPostgres(): Promise<AttackTarget> {
  const postgres = await startPostgresProcess()
  const start = async (options: TestServerOptions) => {
    const postgresUrl = await requestDatabase(postgres.dispenser)
    return startTestServer('postgres', { ...options, postgresUrl })
  }
  const target = await attackOstiary(start, 'Ostiary, PostgreSQL')
  return {
    ...target,
    async stop() {
      await target.stop()
      await postgres.stop()
    },
  }
}

/** @param driver a file that exports `describeTarget(url)`, which resolves to an AttackTarget */
export function openDriven(url: string, driver: string): Opening {
  return async () => {
    const { describeTarget } = await import(pathToFileURL(driver).href)
    if (typeof describeTarget !== 'function') {
      throw new Error(`${driver} exports no function describeTarget`)
    }
    return describeTarget(url)
  }
}
