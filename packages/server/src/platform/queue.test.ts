import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Deadline } from './deadline.ts'
import { createQueue } from './queue.ts'

class Refused extends Error {}

/** A queue, its jobs, which end when they are told to, and what should become of them. */
function createScene(limits: { parallel: number; waiting: number }) {
  const queue = createQueue(limits)
  const endings = new Map<number, (failed: boolean) => void>()
  const outcomes = new Map<number, unknown>()
  const model = { running: [] as number[], waiting: [] as number[], refused: [] as number[] }
  let jobs = 0

  function submit() {
    const job = jobs++
    const work = () =>
      new Promise((resolve, reject) => {
        endings.set(job, (failed) => (failed ? reject(new Error('failed')) : resolve('done')))
      })
    queue
      .run(work, { refuse: () => new Refused() })
      .catch((error: unknown) => error)
      .then((outcome) => outcomes.set(job, outcome))
    if (model.running.length < limits.parallel) model.running.push(job)
    else if (model.waiting.length < limits.waiting) model.waiting.push(job)
    else model.refused.push(job)
  }

  function end(which: number, failed: boolean) {
    const job = model.running[which % model.running.length]
    if (job === undefined) return
    endings.get(job)?.(failed)
    endings.delete(job)
    const next = model.waiting.shift()
    model.running = [...model.running.filter((other) => other !== job), next ?? []].flat()
  }

  async function check() {
    await new Promise((resolve) => setImmediate(resolve))
    expect([...endings.keys()]).toEqual(model.running)
    const refused = [...outcomes].filter(([, outcome]) => outcome instanceof Refused)
    expect(refused.map(([job]) => job)).toEqual(model.refused)
    expect(outcomes.size).toBe(jobs - model.running.length - model.waiting.length)
  }

  return { submit, end, check }
}

it('D8: runs as many as it may, lets the next ones wait their turn, and refuses the rest', async () => {
  const limits = fc.record({ parallel: fc.integer({ min: 1, max: 3 }), waiting: fc.nat(3) })
  const step = fc.record({ submit: fc.boolean(), which: fc.nat(2), failed: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { maxLength: 40 }), async (limits, steps) => {
      const scene = createScene(limits)
      for (const { submit, which, failed } of steps) {
        if (submit) scene.submit()
        else scene.end(which, failed)
        await scene.check()
      }
    }),
    { numRuns: 300 },
  )
})

it('gives back what the work gives, and throws what it throws', async () => {
  const queue = createQueue({ parallel: 1, waiting: 0 })
  const how = { refuse: () => new Refused() }
  expect(await queue.run(async () => 'done', how)).toBe('done')
  await expect(queue.run(() => Promise.reject(new Error('broken')), how)).rejects.toThrow('broken')
  const throwing = () => {
    throw new Error('at once')
  }
  await expect(queue.run(throwing, how)).rejects.toThrow('at once')
  expect(await queue.run(async () => 'again', how)).toBe('again')
})

it('security H2: one source cannot keep the queue full for the others, nor make them wait behind it', async () => {
  const queue = createQueue({ parallel: 1, waiting: 6 })
  const order: string[] = []
  const submit = (source: string) =>
    queue
      .run(async () => void order.push(source), { refuse: () => new Refused(), source })
      .catch((error: unknown) => error)
  const flood = Array.from({ length: 20 }, () => submit('flood'))
  const others = ['a', 'b', 'c'].map(submit)
  expect(await Promise.all(others)).toEqual([undefined, undefined, undefined])
  const refused = (await Promise.all(flood)).filter((outcome) => outcome instanceof Refused)
  // It had the one that ran and six that waited, and gave up three of them.
  expect(refused).toHaveLength(20 - 1 - 3)
  expect(order).toEqual(['flood', 'flood', 'a', 'b', 'c', 'flood', 'flood'])
  expect(queue.state()).toEqual({ running: 0, waiting: 0 })
})

it('refuses the newcomer where everybody has the same share', async () => {
  const queue = createQueue({ parallel: 1, waiting: 2 })
  const submit = (source: string) =>
    queue.run(async () => source, { refuse: () => new Refused(), source }).catch(() => 'refused')
  const all = ['one', 'one', 'two', 'three', 'one'].map(submit)
  expect(await Promise.all(all)).toEqual(['one', 'one', 'two', 'refused', 'refused'])
})

it('chaos 3: gives up a turn that does not come in time, and the turn goes to the next', async () => {
  const queue = createQueue({ parallel: 1, waiting: 2 })
  const { promise: held, resolve: letGo } = Promise.withResolvers<string>()
  const how = { refuse: () => new RangeError('not in time') }
  const first = queue.run(() => held, how)
  const hurried = new Promise<unknown>((resolve) => {
    Deadline.begin(20).govern(() => queue.run(async () => 'hurried', how).catch(resolve))
  })
  const patient = queue.run(async () => 'patient', how)
  expect(queue.state()).toEqual({ running: 1, waiting: 2 })
  expect(await hurried).toBeInstanceOf(RangeError)
  expect(queue.state()).toEqual({ running: 1, waiting: 1 })
  letGo('first')
  expect(await Promise.all([first, patient])).toEqual(['first', 'patient'])
  expect(queue.state()).toEqual({ running: 0, waiting: 0 })
})
