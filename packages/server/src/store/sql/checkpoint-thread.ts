// A thread that brings what was committed from the write-ahead log into the database file, so that the thread which
// commits never waits for those writes. Started by checkpointer.ts.

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabaseFile } from './sqlite-file.ts'

/** Each pass leaves over what was committed during it, so each is shorter than the one before. */
const MOST_PASSES = 5
/** So few that nobody minds waiting for them. */
const FEW_PAGES = 400
/** For those that read or write: meanwhile nobody else can write. Who cannot begin the log anew now will next time. */
const PATIENCE_MILLISECONDS = 100

const db = openDatabaseFile(workerData)
db.exec(`pragma busy_timeout = ${PATIENCE_MILLISECONDS}`)
const checkpoint = prepareCheckpoints(db)

parentPort?.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'close') {
    db.close()
    parentPort?.close()
    return
  }
  checkpointAll()
  parentPort?.postMessage('done')
})

/** While a passive pass runs, others go on writing; the last one keeps them out until the log can begin anew. */
function checkpointAll(): void {
  let done = 0
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const { checkpointed } = run(checkpoint.passive)
    const moved = checkpointed - done
    done = checkpointed
    if (moved <= FEW_PAGES) break
  }
  run(checkpoint.restart)
}

function prepareCheckpoints(database: DatabaseSync) {
  return {
    passive: database.prepare('pragma wal_checkpoint(passive)'),
    restart: database.prepare('pragma wal_checkpoint(restart)'),
  }
}

/** `checkpointed`: pages of the log, from its beginning, that are in the database file now. */
function run(statement: StatementSync): { checkpointed: number } {
  const { checkpointed } = statement.get() ?? {}
  return { checkpointed: Number(checkpointed) }
}
