// A map of bounded size that forgets what was used longest ago.

export interface LruMap<Value> {
  readonly size: number
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

export function createLruMap<Value>(capacity: number): LruMap<Value> {
  // A Map keeps the order of insertion: what is used moves to the end, what is first goes.
  const entries = new Map<string, Value>()
  return {
    get size() {
      return entries.size
    },
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= capacity) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
  }
}
