// How many requests may be held for callers who say nothing of themselves: so many of one source, and so many in all,
// because each holds a connection. Whoever gets no place is answered at once, as if it had not asked to wait.

export interface Places {
  /** @returns what gives the place back, or undefined when there is none */
  take(source: string): (() => void) | undefined
  taken(): number
}

export function createPlaces(limits: {
  readonly ofSource: number
  readonly inAll: number
}): Places {
  const bySource = new Map<string, number>()
  let inAll = 0

  function giveBack(source: string): void {
    inAll -= 1
    const left = (bySource.get(source) ?? 0) - 1
    if (left > 0) bySource.set(source, left)
    else bySource.delete(source)
  }

  return {
    take(source) {
      const ofSource = bySource.get(source) ?? 0
      if (ofSource >= limits.ofSource || inAll >= limits.inAll) return undefined
      inAll += 1
      bySource.set(source, ofSource + 1)
      return () => giveBack(source)
    },
    taken: () => inAll,
  }
}
