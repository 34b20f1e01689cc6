// Lists come in parts: so many at most, after the one that the part before ended with.

export interface Page<Key> {
  readonly limit: number
  /** An item of the list, or what tells its place in it; the list begins after it. */
  readonly after?: Key | undefined
}

/** The oldest first. */
export interface ByAge {
  readonly createdAtSeconds: number
  readonly id: string
}
