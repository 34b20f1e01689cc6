// Starts the subjects, each in a folder of its own, and takes everything away afterwards.

import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { probe } from '../subjects/probe.ts'
import type { RunningSubject, Subject } from '../subjects/subject.ts'

export async function withSubjects<Result>(
  subjects: readonly Subject[],
  place: string | undefined,
  work: (running: ReadonlyMap<string, RunningSubject>) => Promise<Result>,
): Promise<Result> {
  return withFolder(place, async (folder) => {
    const running = new Map<string, RunningSubject>()
    try {
      for (const subject of subjects) {
        const own = join(folder, subject.name)
        await mkdir(own)
        const started = await subject.start(own)
        running.set(subject.name, started)
        await probe(started.target).catch(async (cause) => {
          const said = (await readFile(join(own, 'server.log'), 'utf8')).slice(-2000)
          const what = `${subject.name} does not do its work: ${cause.message}`
          throw new Error(`${what}; it said:\n${said}`, { cause })
        })
      }
      return await work(running)
    } finally {
      await Promise.all([...running.values()].map((subject) => subject.stop()))
    }
  })
}

export async function withFolder<Result>(
  place: string | undefined,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(place ?? tmpdir(), 'ostiary-bench-'))
  // The user that PostgreSQL runs as must be able to enter it.
  await chmod(folder, 0o755)
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
