// The order of version names. Numbers count by value, so 1.10.0 comes after 1.9.0; a word after a version makes it
// an earlier one, so 2.0.0-beta comes before 2.0.0.

/** Negative when `a` is the earlier one, positive when it is the later one, 0 for the same name only. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareParts(left[at], right[at])
    if (order !== 0) return order
  }
  // 1.0 and 1-0 say the same: any order will do, as long as it is always the same one.
  return compareTexts(a, b)
}

function partsOf(version: string): readonly string[] {
  return version.match(/\d+|[A-Za-z]+/g) ?? []
}

/** undefined is the end of the shorter name. */
function compareParts(a: string | undefined, b: string | undefined): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0 || a === undefined || b === undefined) return rank
  return rankOf(a) === NUMBER ? compareNumbers(a, b) : compareTexts(a, b)
}

const [WORD, END, NUMBER] = [0, 1, 2]

function rankOf(part: string | undefined): number {
  if (part === undefined) return END
  return /\d/.test(part) ? NUMBER : WORD
}

function compareNumbers(a: string, b: string): number {
  return compareTexts(a.padStart(b.length, '0'), b.padStart(a.length, '0'))
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
