// What would be on the disk if the power went at some moment: everything that had been flushed, and of the rest nothing,
// or whatever chance leaves of it.

import { readFileSync } from 'node:fs'
import type { Random } from './seeded-random.ts'
import type { TraceEvent } from './trace.ts'

type Change = Extract<TraceEvent, { kind: 'write' | 'truncate' }>

export class PowerCut {
  /** What is safe: path -> content. */
  readonly #flushed = new Map<string, Buffer>()
  readonly #unflushed: Change[] = []

  /** @param paths of files as they were before anything was traced */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#flushed.set(path, readFileSync(path))
  }

  see(event: TraceEvent): void {
    if (event.kind === 'write' || event.kind === 'truncate') this.#unflushed.push(event)
    if (event.kind !== 'flush') return
    for (const change of this.#unflushed.filter(({ path }) => path === event.path)) {
      this.#flushed.set(change.path, apply(change, this.#flushed.get(change.path)))
      this.#unflushed.splice(this.#unflushed.indexOf(change), 1)
    }
  }

  /** @param luck leaves some of what was not flushed; without it nothing of that is left */
  imageOf(path: string, luck?: Random): Buffer | undefined {
    const kept = this.#unflushed.filter(
      (change) => change.path === path && luck !== undefined && luck.next() < 0.5,
    )
    return kept.reduce<Buffer | undefined>(
      (content, change) => apply(change, content),
      this.#flushed.get(path),
    )
  }
}

function apply(change: Change, before: Buffer = Buffer.alloc(0)): Buffer {
  const size =
    change.kind === 'truncate'
      ? change.size
      : Math.max(before.length, change.offset + change.data.length)
  const after = Buffer.alloc(size)
  before.copy(after)
  if (change.kind === 'write') change.data.copy(after, change.offset)
  return after
}
