import { createHash } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LineKey, LineTable, toLineKey, UNBOUNDED } from '../src/line-table.ts'

const keyOf = (subject: string) => toLineKey(createHash('sha256').update(subject).digest())
const line = (issuedUntilSeconds: number, expiresAtSeconds: number) => ({
  issuedUntilSeconds,
  expiresAtSeconds,
})

interface Entry {
  readonly key: LineKey
  readonly issuedUntil: number
  readonly expiresAt: number
}

/** What the table should say, with no regard to memory. */
class PlainMap {
  readonly entries = new Map<string, Entry>()
  dropped = 0

  add({ key, issuedUntil, expiresAt }: Entry): void {
    // A first word of 0 is taken for 1.
    const name = String([key[0] || 1, ...key.slice(1)])
    const former = this.entries.get(name)
    this.entries.set(name, {
      key,
      issuedUntil: Math.max(issuedUntil, former?.issuedUntil ?? 0),
      expiresAt: Math.max(expiresAt, former?.expiresAt ?? 0),
    })
  }

  drop(nowSeconds: number): void {
    for (const [name, { expiresAt }] of this.entries) {
      if (expiresAt > nowSeconds) continue
      this.entries.delete(name)
      this.dropped = Math.max(this.dropped, expiresAt)
    }
  }
}

describe('a plain map says the same', () => {
  /** Few first words, so that lines stand in each other's way, at the end of the table as well. */
  const words = fc.constantFrom(0, 1, 2, 0x80_00_00_00, 0xff_ff_ff_fe, 0xff_ff_ff_ff)
  const key: fc.Arbitrary<LineKey> = fc.tuple(words, fc.nat(1), fc.nat(1), fc.nat(2))
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ key, issuedUntil: fc.nat(9), expiresAt: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ nowSeconds: fc.nat(40) }) },
    ),
    { maxLength: 200 },
  )

  test('whatever is added and dropped', () => {
    const holds = fc.property(steps, (all) => {
      const [table, map] = [new LineTable(), new PlainMap()]
      for (const step of all) {
        if ('nowSeconds' in step) {
          table.dropExpired(step.nowSeconds)
          map.drop(step.nowSeconds)
        } else {
          table.add(step.key, line(step.issuedUntil, step.expiresAt), 0)
          map.add(step)
        }
      }
      expect([table.size, table.droppedUntilSeconds]).toEqual([map.entries.size, map.dropped])
      const known = [...map.entries.values()]
      expect(known.map((entry) => table.issuedUntilSeconds(entry.key))).toEqual(
        known.map(({ issuedUntil }) => issuedUntil),
      )
      expect(table.issuedUntilSeconds([3, 3, 3, 3])).toBeUndefined()
    })
    fc.assert(holds, { numRuns: 200 })
  })

  test('of thousands of lines, as the table grows and shrinks', () => {
    const table = new LineTable()
    const expiresAt = (count: number) => 1000 + (count % 100)
    for (let count = 0; count < 30_000; count += 1) {
      table.add(keyOf(`s${count}`), line(count + 1, expiresAt(count)), 0)
    }
    const most = table.bytes
    // Half of it is looked at before the lines are over, and half after: the next round drops them.
    for (let looks = 0; looks < 5; looks += 1) table.look(1000 - 1)
    expect(table.size).toBe(30_000)
    for (let looks = 0; looks < 40; looks += 1) table.look(1090)
    for (let count = 0; count < 30_000; count += 1) {
      const isAlive = expiresAt(count) > 1090
      expect(table.issuedUntilSeconds(keyOf(`s${count}`))).toBe(isAlive ? count + 1 : undefined)
    }
    expect([table.size, table.droppedUntilSeconds]).toEqual([30_000 * 0.09, 1090])
    expect(table.bytes).toBeLessThan(most / 4)
  })

  test('when it is full, what is over makes room for what comes', () => {
    const table = new LineTable()
    for (let count = 0; count < 50_000; count += 1) {
      table.add(keyOf(`s${count}`), line(1, count + 1000), count)
    }
    expect(table.size).toBeLessThan(2500)
    expect(table.bytes).toBeLessThan(40 * 2500)
  })
})

test('a time beyond what a cell holds means for ever', () => {
  const table = new LineTable()
  table.add(keyOf('a'), line(253_402_300_799, 253_402_300_799), 0)
  table.dropExpired(4_000_000_000)
  expect(table.issuedUntilSeconds(keyOf('a'))).toBe(UNBOUNDED)
})

describe('security M3: 500,000 lines', () => {
  test('take less than 25 MB, and at most 40 bytes each whatever their number', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const memory = async () => {
      // Buffers are freed some time after the collection that found nobody holds them.
      for (let count = 0; count < 4; count += 1) {
        collect()
        await setTimeout(10)
      }
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const before = await memory()
    const table = new LineTable()
    const digest = Buffer.alloc(16)
    let most = 0
    for (let count = 0; count < 500_000; count += 1) {
      // Multiplied by an odd number, so that each is another one, and all are spread.
      digest.writeUInt32LE(Math.imul(count + 1, 0x9e_37_79_b1) >>> 0, 0)
      digest.writeUInt32LE(count, 12)
      table.add(toLineKey(digest), line(UNBOUNDED, 2_000_000_000), 0)
      if (count > 1000) most = Math.max(most, table.bytes / table.size)
    }
    const taken = (await memory()) - before
    expect(most).toBeLessThanOrEqual(40)
    // The yardstick: what the cells themselves are.
    expect(taken / table.bytes).toBeLessThan(1.25)
    expect(table.size).toBe(500_000)
    expect(taken).toBeLessThan(25_000_000)
  })

  test('are not all looked at when the feed is read', () => {
    const table = new LineTable()
    for (let count = 0; count < 100_000; count += 1) table.add(keyOf(`s${count}`), line(1, 10), 0)
    table.look(20)
    expect(table.size).toBe(100_000)
    for (let looks = 0; looks < 40; looks += 1) table.look(20)
    expect(table.size).toBe(0)
  })
})
