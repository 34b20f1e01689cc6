// How a server leaves: while it still takes requests, it tells whoever sends them to go elsewhere.

export interface Departure {
  /** From now on the answers end their connections, and /readyz says 503 if it is asked to. */
  begin(options: { readonly unready: boolean }): void
  readonly hasBegun: boolean
  /** Aborted when it begins. */
  readonly begun: AbortSignal
  readonly isUnready: boolean
}

export function createDeparture(): Departure {
  const beginning = new AbortController()
  let isUnready = false
  return {
    begin({ unready }) {
      isUnready ||= unready
      beginning.abort()
    },
    get hasBegun() {
      return beginning.signal.aborted
    },
    begun: beginning.signal,
    get isUnready() {
      return isUnready
    },
  }
}
