import { describe, expect, it, onTestFinished } from 'vitest'
import { createLog } from '../../platform/log.ts'
import { createCrew } from './crew.ts'
import type { Ending, WorkerProcess } from './worker-process.ts'

/** A process that does what the test says. */
interface Puppet extends WorkerProcess {
  /** What it was told to do. */
  readonly orders: readonly string[]
  becomeReady(): void
  end(ending?: Partial<Ending>): void
}

function createPuppet(id: number): Puppet {
  const ready = Promise.withResolvers<string | undefined>()
  const ended = Promise.withResolvers<Ending>()
  const orders: string[] = []
  const end = (ending: Partial<Ending> = {}) => {
    ready.resolve(undefined)
    ended.resolve({ exitCode: 0, signal: null, ...ending })
  }
  return {
    id,
    pid: undefined,
    ready: ready.promise,
    ended: ended.promise,
    orders,
    becomeReady: () => ready.resolve(`http://localhost/${id}`),
    end,
    stop(how) {
      orders.push(how)
      end()
    },
  }
}

/** @param live what each new process does, by its number */
function setUp(count: number, live: (puppet: Puppet) => void) {
  const puppets: Puppet[] = []
  const lines: string[] = []
  const crew = createCrew({
    count,
    stopSeconds: 1,
    firstPauseMs: 1,
    log: createLog({
      level: 'info',
      format: 'json',
      destination: { write: (line) => void lines.push(line) },
    }),
    startWorker() {
      const puppet = createPuppet(puppets.length + 1)
      puppets.push(puppet)
      live(puppet)
      return puppet
    },
  })
  onTestFinished(() => void crew.stop('interrupted').catch(() => undefined))
  const ordersOf = () => puppets.map(({ orders }) => orders.join())
  return { crew, puppets, lines, ordersOf }
}

const becomeReady = (puppet: Puppet) => puppet.becomeReady()

describe('a crew of workers', () => {
  it('starts them one after the other', async () => {
    const { crew, puppets } = setUp(2, () => undefined)
    const started = crew.start()
    expect(puppets).toHaveLength(1)
    puppets[0]?.becomeReady()
    await expect.poll(() => puppets).toHaveLength(2)
    puppets[1]?.becomeReady()
    expect(await started).toBe('http://localhost/2')
  })

  it('gives up at once when one does not start, and says how that ended', async () => {
    const { crew, puppets } = setUp(2, (puppet) => puppet.end({ exitCode: 4 }))
    await expect(crew.start()).rejects.toThrow('a worker did not start (exit code 4)')
    expect(puppets).toHaveLength(1)
  })

  it('starts another when one crashes, and leaves the others alone', async () => {
    const { crew, puppets, lines, ordersOf } = setUp(2, becomeReady)
    await crew.start()
    puppets[0]?.end({ exitCode: null, signal: 'SIGKILL' })
    await expect.poll(() => puppets).toHaveLength(3)
    expect(lines.join()).toContain('"worker":1,"exitCode":null,"signal":"SIGKILL"')
    expect(ordersOf()).toEqual(['', '', ''])
  })

  it('goes on trying while a worker is left, and gives up when there is none', async () => {
    const { crew, puppets } = setUp(2, (puppet) => {
      if (puppet.id <= 2) puppet.becomeReady()
      else puppet.end({ exitCode: 1 })
    })
    await crew.start()
    let isLost = false
    crew.lost.catch(() => {
      isLost = true
    })
    puppets[0]?.end({ exitCode: 1 })
    // The sixth try of this one alone: the other still serves.
    await expect.poll(() => puppets.length, { timeout: 10_000 }).toBe(7)
    expect(isLost).toBe(false)
    puppets[1]?.end({ exitCode: 1 })
    await expect(crew.lost).rejects.toThrow('crashed 5 times in a row')
  })

  it('replaces each when the new one answers, and not before', async () => {
    const { crew, puppets, ordersOf } = setUp(2, (puppet) => {
      if (puppet.id <= 2) puppet.becomeReady()
    })
    await crew.start()
    const replaced = crew.replaceAll()
    expect(ordersOf()).toEqual(['', '', ''])
    puppets[2]?.becomeReady()
    await expect.poll(ordersOf).toEqual(['replaced', '', '', ''])
    puppets[3]?.becomeReady()
    await replaced
    expect(ordersOf()).toEqual(['replaced', 'replaced', '', ''])
  })

  it('keeps those that run when a new one does not start', async () => {
    const { crew, lines, ordersOf } = setUp(2, (puppet) => {
      if (puppet.id <= 2) puppet.becomeReady()
      else puppet.end({ exitCode: 3 })
    })
    await crew.start()
    await crew.replaceAll()
    expect(ordersOf()).toEqual(['', '', ''])
    expect(lines.join()).toContain('those that run are kept')
  })

  it('stops all of them, and says when one did not end well', async () => {
    const { crew, ordersOf } = setUp(2, becomeReady)
    await crew.start()
    await crew.stop('terminated')
    expect(ordersOf()).toEqual(['terminated', 'terminated'])

    const other = setUp(2, becomeReady)
    await other.crew.start()
    const stopped = other.crew.stop('terminated')
    await expect(stopped).resolves.toBeUndefined()
  })
})
