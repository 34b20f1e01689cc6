// Keeps a fault that every request meets from filling the disk: the first line of a kind is written in full, those
// that follow within ten seconds are counted, and one line says how many there were.

/** Lines of one kind within so long are one line. */
const WINDOW_MS = 10_000
/** So many kinds are remembered; what is new beyond them is written as it comes. */
const MOST_KINDS = 200

export interface RepeatedLines {
  /**
   * @param line what the log was given: fields, then words
   * @param write writes such a line past this limit
   * @returns whether the line is to be written; if not, it was counted.
   */
  admit(line: readonly unknown[], write: (fields: object, words: string) => void): boolean
}

interface Kind {
  repeated: number
  sayHowOften(): void
}

export function limitRepeatedLines(windowMs: number = WINDOW_MS): RepeatedLines {
  const kinds = new Map<string, Kind>()

  /** What came again is counted on; what did not is news the next time. */
  function endWindow(key: string, kind: Kind): void {
    if (kind.repeated === 0) {
      kinds.delete(key)
      return
    }
    kind.sayHowOften()
    kind.repeated = 0
    beginWindow(key, kind)
  }

  function beginWindow(key: string, kind: Kind): void {
    setTimeout(() => endWindow(key, kind), windowMs).unref()
  }

  return {
    admit([fields, words], write) {
      if (typeof fields !== 'object' || fields === null || typeof words !== 'string') return true
      const names = textsOf(fields)
      const key = JSON.stringify([words, names, faultOf(fields)])
      const known = kinds.get(key)
      if (known) {
        known.repeated += 1
        return false
      }
      if (kinds.size < MOST_KINDS) {
        const kind: Kind = {
          repeated: 0,
          sayHowOften: () => write({ ...names, repeated: kind.repeated }, words),
        }
        kinds.set(key, kind)
        beginWindow(key, kind)
      }
      return true
    },
  }
}

/** What tells kinds apart: reasons, names of calls and apps. Numbers are how much, and differ from line to line. */
function textsOf(fields: object): Record<string, string> {
  const entries = Object.entries(fields).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return Object.fromEntries(entries)
}

/** Errors of one name and message are one fault, wherever each was met. */
function faultOf(fields: object): string {
  const fault = 'err' in fields ? fields.err : undefined
  return fault instanceof Error ? `${fault.name}: ${fault.message}` : ''
}
