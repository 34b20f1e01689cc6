// What would be on the disk if the power went at some moment: everything that had been flushed, and of the rest nothing,
// or whatever chance leaves of it.

import { readFileSync } from 'node:fs'
import type { Random } from './seeded-random.ts'
import type { TraceEvent } from './trace.ts'

type Change = Extract<TraceEvent, { kind: 'write' | 'truncate' }>

export class PowerCut {
  /** What is safe: path -> content. */
  readonly #flushed = new Map<string, FileImage>()
  #unflushed: readonly Change[] = []

  /** @param paths of files as they were before anything was traced */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#flushed.set(path, new FileImage(readFileSync(path)))
  }

  see(event: TraceEvent): void {
    if (event.kind === 'write' || event.kind === 'truncate') {
      this.#unflushed = [...this.#unflushed, event]
    }
    if (event.kind !== 'flush') return
    const image = this.#flushed.get(event.path) ?? new FileImage(Buffer.alloc(0))
    this.#flushed.set(event.path, image)
    for (const change of this.#unflushed) if (change.path === event.path) image.apply(change)
    this.#unflushed = this.#unflushed.filter(({ path }) => path !== event.path)
  }

  /** @param luck leaves some of what was not flushed; without it nothing of that is left */
  imageOf(path: string, luck?: Random): Buffer | undefined {
    const safe = this.#flushed.get(path)
    if (luck === undefined) return safe?.content
    const image = new FileImage(Buffer.from(safe?.content ?? []))
    for (const change of this.#unflushed) {
      if (change.path === path && luck.next() < 0.5) image.apply(change)
    }
    return image.content
  }
}

/** Changes in place, with room to grow: a log is written some thousand times. */
class FileImage {
  #bytes: Buffer
  #size: number

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#size = bytes.length
  }

  get content(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }

  apply(change: Change): void {
    if (change.kind === 'truncate') {
      this.#reserve(change.size)
      this.#bytes.fill(0, change.size)
      this.#size = change.size
      return
    }
    const end = change.offset + change.data.length
    this.#reserve(end)
    change.data.copy(this.#bytes, change.offset)
    this.#size = Math.max(this.#size, end)
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const larger = Buffer.alloc(size * 2)
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
