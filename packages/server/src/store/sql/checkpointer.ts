// Has the write-ahead log of the embedded database emptied by a thread of its own. The pages of a large store lie far
// apart, and writing them back and flushing them held up every request for tens of milliseconds.

import { Worker } from 'node:worker_threads'

/** Each changes a page or three: some 12 MB of log at most, beside what the commits meanwhile add. */
const CHANGES_BETWEEN = 1000

export interface Checkpointer {
  /** Counts what was committed, and has the log emptied when it is time. */
  committed(changes: number): void
  close(): Promise<void>
}

/** For a database in memory, which has no log. */
export const NO_CHECKPOINTS: Checkpointer = {
  committed: () => undefined,
  close: async () => undefined,
}

export function createCheckpointer(path: string): Checkpointer {
  let thread: Worker | undefined
  let busy = false
  let since = 0

  /** Not before there is something to do: most commands write little. */
  function start(): Worker {
    const started = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: path,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    started.unref()
    started.on('message', () => {
      busy = false
    })
    // SQLite empties the log itself when it grows beyond bounds (sqlite-file.ts), and tells whoever commits why it cannot.
    started.on('error', forget)
    started.on('exit', forget)
    return started
  }

  function forget(): void {
    thread = undefined
    busy = false
  }

  return {
    committed(changes) {
      since += changes
      if (busy || since < CHANGES_BETWEEN) return
      since = 0
      busy = true
      thread ??= start()
      thread.postMessage('checkpoint')
    },
    async close() {
      const running = thread
      if (running === undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      running.ref()
      running.once('exit', () => resolve())
      running.postMessage('close')
      await promise
    },
  }
}
