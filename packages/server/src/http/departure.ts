// How a server leaves: while it still takes requests, it tells whoever sends them to go elsewhere.

export interface Departure {
  /** From now on the answers end their connections, and /readyz says 503 if it is asked to. */
  begin(options: { readonly unready: boolean }): void
  readonly hasBegun: boolean
  readonly isUnready: boolean
}

export function createDeparture(): Departure {
  let hasBegun = false
  let isUnready = false
  return {
    begin({ unready }) {
      hasBegun = true
      isUnready ||= unready
    },
    get hasBegun() {
      return hasBegun
    },
    get isUnready() {
      return isUnready
    },
  }
}
