// A real PostgreSQL for the run, with its default durability: every commit is on disk before it is acknowledged. It
// belongs to a process of its own, which ends with its parent, however that ends.

import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface Postgres {
  /** Of an empty database. */
  readonly url: string
  /** The first process, parent of all others. */
  readonly pid: number
  stop(): Promise<void>
}

/** @param place for its files; the system's temporary folder when left out */
export async function startPostgres(
  flags: readonly string[] = [],
  place?: string,
): Promise<Postgres> {
  const env = { ...process.env, ...(place !== undefined && { BENCH_FOLDER: place }) }
  const child = fork(new URL('./postgres-owner.ts', import.meta.url), [...flags], { env })
  const [started] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('PostgreSQL did not start')
    }),
  ])) as [{ url: string; pid: number }]
  return {
    ...started,
    async stop() {
      if (child.exitCode !== null) return
      const stopped = once(child, 'exit')
      child.disconnect()
      await stopped
    },
  }
}
