// Has the write-ahead log of the embedded database emptied by a thread of its own. The pages of a large store lie far
// apart, and writing them back and flushing them held up every request for tens of milliseconds.

import { Worker } from 'node:worker_threads'
import { waitFor } from '../../platform/deadline.ts'
import type { Log } from '../../protocol/message.ts'
import { StoreUnavailableError } from '../port.ts'

/** Each changes a page or three: some 12 MB of log at most, beside what the commits meanwhile add. */
const CHANGES_BETWEEN = 1000
const CHECK_PATIENCE_MILLISECONDS = 1000

export interface Checkpointer {
  /** Counts what was committed, and has the log emptied when it is time. */
  committed(changes: number): void
  /** @throws StoreUnavailableError when it could not be emptied, and still cannot */
  check(): Promise<void>
  close(): Promise<void>
}

/** For a database in memory, which has no log. */
export const NO_CHECKPOINTS: Checkpointer = {
  committed: () => undefined,
  check: async () => undefined,
  close: async () => undefined,
}

export interface CheckpointerSettings {
  readonly path: string
  /** Hears of a thread that ended; nobody does when left out. */
  readonly log?: Log | undefined
}

export function createCheckpointer({ path, log }: CheckpointerSettings): Checkpointer {
  let thread: Worker | undefined
  /** Resolves when the log has been emptied, or the thread has ended. */
  let run: PromiseWithResolvers<void> | undefined
  let failure: Error | undefined
  let since = 0

  /** Not before there is something to do: most commands write little. */
  function start(): Worker {
    const started = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: path,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    started.unref()
    started.on('message', () => end(undefined))
    // SQLite empties the log itself when it grows beyond bounds (sqlite-file.ts), and tells whoever commits why it cannot.
    started.on('error', (error: Error) => {
      log?.error({ err: error }, 'the thread that empties the log of the database has ended')
      end(error)
    })
    started.on('exit', () => {
      thread = undefined
      run?.resolve()
      run = undefined
    })
    return started
  }

  function end(how: Error | undefined): void {
    failure = how
    run?.resolve()
    run = undefined
  }

  function begin(): Promise<void> {
    since = 0
    run = Promise.withResolvers()
    thread ??= start()
    thread.postMessage('checkpoint')
    return run.promise
  }

  return {
    committed(changes) {
      since += changes
      if (run === undefined && since >= CHANGES_BETWEEN) void begin()
    },
    async check() {
      if (failure === undefined) return
      // It may be over, and there may be nothing to write from which that would be seen.
      await waitFor(run?.promise ?? begin(), CHECK_PATIENCE_MILLISECONDS).catch(() => undefined)
      if (failure === undefined) return
      const reason = 'the log of the database cannot be emptied'
      throw new StoreUnavailableError(`${reason}: ${failure.message}`, { cause: failure })
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
