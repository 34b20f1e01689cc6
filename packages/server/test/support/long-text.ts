// Texts as long as a request may be, made to cost a parser as much as they can, and how long that takes.

const LENGTH = 64 * 1024

/** More than any of ours needs by far, on a busy machine too; a quadratic parser needs many seconds. */
export const LONG_ENOUGH_MS = 1_000

/** @param parts repeated to full length; each also with an end that makes whoever matched so far go back */
export function longTexts(...parts: readonly string[]): readonly string[] {
  return parts.flatMap((part) => {
    const text = part.repeat(Math.ceil(LENGTH / part.length))
    return [text, `${text}\u0001`, `${text}é`]
  })
}

/** How long the slowest of them takes, whether it is read or refused. */
export function slowestMs(texts: readonly string[], read: (text: string) => unknown): number {
  const times = texts.map((text) => {
    const startedAt = performance.now()
    try {
      read(text)
    } catch {
      // A refusal is a good answer to such a text.
    }
    return performance.now() - startedAt
  })
  return Math.max(...times)
}
