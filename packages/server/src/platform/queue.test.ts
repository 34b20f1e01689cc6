import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createQueue } from './queue.ts'

class Refused extends Error {}

/** Jobs that end when they are told to. */
function createJobs() {
  const started: number[] = []
  const endings = new Map<number, (failed: boolean) => void>()
  return {
    /** Their numbers, in the order in which they began. */
    started,
    running: () => [...endings.keys()],
    work: (job: number) => () => {
      started.push(job)
      return new Promise<number>((resolve, reject) => {
        endings.set(job, (failed) => {
          endings.delete(job)
          if (failed) reject(new Error(`job ${job}`))
          else resolve(job)
        })
      })
    },
    async end(job: number, failed: boolean) {
      endings.get(job)?.(failed)
      await settle()
    },
  }
}

/** Lets every promise that can go on do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

it('D8: runs as many as it may, makes the next ones wait in order, and refuses the rest', async () => {
  const limits = fc.record({ parallel: fc.integer({ min: 1, max: 4 }), waiting: fc.nat(4) })
  const endings = fc.infiniteStream(fc.record({ which: fc.nat(3), failed: fc.boolean() }))
  await fc.assert(
    fc.asyncProperty(limits, fc.nat(12), endings, async ({ parallel, waiting }, count, endings) => {
      const queue = createQueue({ parallel, waiting })
      const jobs = createJobs()
      const outcomes = Array.from({ length: count }, (_, job) =>
        queue.run(jobs.work(job), () => new Refused()).catch((error: unknown) => error),
      )
      await settle()
      const accepted = Math.min(count, parallel + waiting)

      for (const { which, failed } of endings) {
        const running = jobs.running()
        const left = accepted - (jobs.started.length - running.length)
        expect(running).toHaveLength(Math.min(parallel, left))
        if (running.length === 0) break
        await jobs.end(running[which % running.length] ?? 0, failed)
      }
      expect(jobs.started).toEqual(Array.from({ length: accepted }, (_, job) => job))
      const results = await Promise.all(outcomes)
      expect(results.map((result) => result instanceof Refused)).toEqual(
        Array.from({ length: count }, (_, job) => job >= accepted),
      )

      // Whatever happened, all its places are free again.
      for (let job = 0; job < parallel; job++) void queue.run(jobs.work(job), () => new Refused())
      await settle()
      expect(jobs.running()).toHaveLength(parallel)
    }),
    { numRuns: 200 },
  )
})

it('gives back what the work gives, and throws what it throws', async () => {
  const queue = createQueue({ parallel: 1, waiting: 0 })
  const refuse = () => new Refused()
  expect(await queue.run(async () => 'done', refuse)).toBe('done')
  await expect(queue.run(() => Promise.reject(new Error('broken')), refuse)).rejects.toThrow(
    'broken',
  )
  const throwing = () => {
    throw new Error('at once')
  }
  await expect(queue.run(throwing, refuse)).rejects.toThrow('at once')
  expect(await queue.run(async () => 'again', refuse)).toBe('again')
})
