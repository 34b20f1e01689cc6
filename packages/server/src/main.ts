// The process: arguments, signals, exit code. Everything else is in cli/ and app.ts.

import type { StopRequest } from './cli/host.ts'
import { runCli } from './cli/run.ts'

const EXIT_GRACE_MS = 500

// Who reads our answer may have read enough: `ostiary client list | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(1)
})

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  stopRequested,
  onRestartRequest: (listener) => void process.on('SIGHUP', listener),
  parts: {
    openStore: async (...args) => (await import('./store/sql/open.ts')).openStore(...args),
    migrateStore: async (...args) => (await import('./store/sql/open.ts')).migrateStore(...args),
    migrationStatus: async (...args) =>
      (await import('./store/sql/open.ts')).migrationStatus(...args),
    copyDatabase: async (...args) =>
      (await import('./store/sql/sqlite-copy.ts')).copyDatabase(...args),
    holdDatabase: async (...args) =>
      (await import('./store/sql/sqlite-copy.ts')).holdDatabase(...args),
    findPoolerTrouble: async (...args) =>
      (await import('./store/sql/postgres-pooler.ts')).findPoolerTrouble(...args),
    listOtherConnections: async (...args) =>
      (await import('./store/sql/open-restored.ts')).listOtherConnections(...args),
    openRestored: async (...args) =>
      (await import('./store/sql/open-restored.ts')).openRestored(...args),
    listGrantTypes: async () => (await import('./grants/index.ts')).GRANT_TYPES,
    startServer: async (...args) => (await import('./app.ts')).startServer(...args),
    startManagementOfWorkers: async (...args) =>
      (await import('./app.ts')).startManagementOfWorkers(...args),
  },
})
// What a request that never ended holds open must not hold the process.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()

function stopRequested(): Promise<StopRequest> {
  const { promise, resolve } = Promise.withResolvers<StopRequest>()
  let asked = false
  const stopOn = (signal: string, request: StopRequest) =>
    process.on(signal, () => {
      // Whoever asks twice does not want to wait.
      if (asked) process.exit(1)
      asked = true
      resolve(request)
    })
  stopOn('SIGTERM', 'terminated')
  stopOn('SIGINT', 'interrupted')
  return promise
}
