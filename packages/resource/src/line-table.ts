// A hash table of numbers, for lines of which there may be hundreds of thousands in every process of an API: 24 bytes
// a slot, in typed arrays that the garbage collector does not walk. Lines that are over stay where they are until the
// table is written anew, so that no reading of the feed walks all of it. Knows nothing of what a line means.

/** The first 128 bits of a SHA-256. */
export type LineKey = readonly [number, number, number, number]

export interface Line {
  readonly issuedUntilSeconds: number
  readonly expiresAtSeconds: number
}

/** The largest number that a cell holds: as a time it means "for ever". */
export const UNBOUNDED = 0xff_ff_ff_ff

const LEAST_SLOTS = 1024
/** When so much of the slots is taken, the table is written anew, … */
const FULLEST = 0.8
/** … with so much of them taken. */
const ROOMY = 0.64
/** How many slots a reading of the feed looks at, to find out how much of the table is over. */
const LOOKED_AT_PART = 1 / 32
const LEAST_LOOKED_AT = 4096
/** So much of it is borne. */
const OVER_PART = 1 / 8

interface Cells {
  readonly slots: number
  /** The first word of each key; 0 where the slot is empty. Most looks end here, so it lies by itself. */
  readonly first: Uint32Array
  readonly rest: Uint32Array
  readonly issuedUntil: Uint32Array
  readonly expiresAt: Uint32Array
}

export class LineTable {
  #cells = newCells(LEAST_SLOTS)
  #size = 0
  #droppedUntilSeconds = 0
  /** Where the next look begins, and how many lines of this round were over. */
  #hand = 0
  #over = 0

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    const { first, rest, issuedUntil, expiresAt } = this.#cells
    return first.byteLength + rest.byteLength + issuedUntil.byteLength + expiresAt.byteLength
  }

  /** The latest end among the lines that were dropped. */
  get droppedUntilSeconds(): number {
    return this.#droppedUntilSeconds
  }

  issuedUntilSeconds(key: LineKey): number | undefined {
    const slot = findSlot(this.#cells, key)
    return this.#cells.first[slot] === 0 ? undefined : this.#cells.issuedUntil[slot]
  }

  /** A line that is there already is widened, never narrowed. */
  add(key: LineKey, line: Line, nowSeconds: number): void {
    const slot = findSlot(this.#cells, key)
    const { slots, first, rest, issuedUntil, expiresAt } = this.#cells
    if (first[slot] === 0) {
      first[slot] = firstWord(key)
      rest[3 * slot] = key[1]
      rest[3 * slot + 1] = key[2]
      rest[3 * slot + 2] = key[3]
      this.#size += 1
    }
    issuedUntil[slot] = Math.max(issuedUntil[slot] ?? 0, toCell(line.issuedUntilSeconds))
    expiresAt[slot] = Math.max(expiresAt[slot] ?? 0, toCell(line.expiresAtSeconds))
    if (this.#size > FULLEST * slots) this.dropExpired(nowSeconds)
  }

  /** Looks at a part of the table, each time at the next; once enough of it is over, writes it anew. */
  look(nowSeconds: number): void {
    const { slots, first, expiresAt } = this.#cells
    const count = Math.max(Math.ceil(LOOKED_AT_PART * slots), LEAST_LOOKED_AT)
    const last = Math.min(this.#hand + count, slots)
    let over = 0
    for (let slot = this.#hand; slot < last; slot += 1) {
      if (first[slot] !== 0 && (expiresAt[slot] ?? 0) <= nowSeconds) over += 1
    }
    this.#over += over
    this.#hand = last
    if (last < slots) return
    const isWorthIt = this.#over > 0 && this.#over >= OVER_PART * this.#size
    this.#hand = 0
    this.#over = 0
    if (isWorthIt) this.dropExpired(nowSeconds)
  }

  /** Writes the table anew, in the size that its lines need, without those that are over. */
  dropExpired(nowSeconds: number): void {
    const former = this.#cells
    let [left, droppedUntil] = [0, this.#droppedUntilSeconds]
    for (let slot = 0; slot < former.slots; slot += 1) {
      if (former.first[slot] === 0) continue
      const end = former.expiresAt[slot] ?? 0
      if (end > nowSeconds) left += 1
      else if (end > droppedUntil) droppedUntil = end
    }
    this.#cells = newCells(Math.max(Math.ceil(left / ROOMY), LEAST_SLOTS))
    copyLines(former, this.#cells, nowSeconds)
    this.#size = left
    this.#droppedUntilSeconds = droppedUntil
    this.#hand = 0
    this.#over = 0
  }
}

function newCells(slots: number): Cells {
  return {
    slots,
    first: new Uint32Array(slots),
    rest: new Uint32Array(3 * slots),
    issuedUntil: new Uint32Array(slots),
    expiresAt: new Uint32Array(slots),
  }
}

function copyLines(from: Cells, to: Cells, nowSeconds: number): void {
  for (let slot = 0; slot < from.slots; slot += 1) {
    const word = from.first[slot] ?? 0
    const end = from.expiresAt[slot] ?? 0
    if (word === 0 || end <= nowSeconds) continue
    let free = homeOf(word, to.slots)
    while (to.first[free] !== 0) free = free + 1 === to.slots ? 0 : free + 1
    to.first[free] = word
    for (let at = 0; at < 3; at += 1) to.rest[3 * free + at] = from.rest[3 * slot + at] ?? 0
    to.issuedUntil[free] = from.issuedUntil[slot] ?? 0
    to.expiresAt[free] = end
  }
}

/** @returns the slot of the key, or the empty one where it belongs; there always is one */
function findSlot({ slots, first, rest }: Cells, key: LineKey): number {
  const word = firstWord(key)
  let slot = homeOf(word, slots)
  for (let held = first[slot]; held !== 0; held = first[slot]) {
    if (held === word) {
      const at = 3 * slot
      if (rest[at] === key[1] && rest[at + 1] === key[2] && rest[at + 2] === key[3]) return slot
    }
    slot = slot + 1 === slots ? 0 : slot + 1
  }
  return slot
}

/** Digests are spread evenly, so their order is as good as any, and to write the table anew goes from end to end. */
function homeOf(word: number, slots: number): number {
  return Math.floor((word / 2 ** 32) * slots)
}

/** The first 128 bits of a digest. */
export function toLineKey(digest: Buffer): LineKey {
  return [
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12),
  ]
}

/** 0 marks an empty slot, so a key that begins with it is taken for its neighbour: 127 bits still tell them apart. */
function firstWord(key: LineKey): number {
  return key[0] || 1
}

function toCell(seconds: number): number {
  return Math.min(Math.max(seconds, 0), UNBOUNDED)
}
