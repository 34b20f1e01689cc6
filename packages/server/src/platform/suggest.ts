// "Did you mean": the known word nearest to a misspelt one.

/** Strangers send words, too, and what it costs to compare two grows with the product of their lengths. */
const LONGEST_WORD = 64

/** @returns the nearest of `known`, or undefined when none is near enough to be meant. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  // Two swapped letters count as two edits.
  const limit = Math.max(2, Math.floor(word.length / 3))
  if (word.length > LONGEST_WORD) return undefined
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance <= limit && distance < candidate.length && distance < (best?.distance ?? Infinity))
      best = { candidate, distance }
  }
  return best?.candidate
}

/** Levenshtein distance: single-character edits between two words. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const substituted = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      current.push(
        Math.min(substituted, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1),
      )
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
