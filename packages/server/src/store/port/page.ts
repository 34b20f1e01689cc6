// Lists come in parts: so many at most, after the one that the part before ended with. What orders a list never changes
// in an item of it, so that one which is used or renamed meanwhile is neither missed nor seen twice.

export interface Page<Key> {
  readonly limit: number
  /** An item of the list, or what tells its place in it; the list begins after it. */
  readonly after?: Key | undefined
}

/** The oldest first, or the newest. */
export interface ByAge {
  readonly createdAtSeconds: number
  readonly id: string
}

export interface ById {
  readonly id: string
}
