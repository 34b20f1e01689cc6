// A mutant is data: one small change to the sources that opens a door, and the tests that must notice.

/** Tests that must fail: narrow, so that a run of all mutants stays short. */
export interface TestCommand {
  /** Of vitest.config.ts. */
  readonly project: string
  /** Parts of the paths of the test files. */
  readonly files: readonly string[]
  /** Regular expression over the full names; without it, everything that needs no PostgreSQL. */
  readonly names?: string
}

export interface Mutant {
  /** What it opens, as one clause. */
  readonly name: string
  /** The attack, goal or section that it breaks. */
  readonly breaks: string
  /** Below `packages`. */
  readonly file: string
  /** Start of the top-level declaration that the text stands in, where the file has the text more than once. */
  readonly within?: string
  /** Must be there exactly once, or as often as `times` says. */
  readonly find: string
  readonly times?: number
  readonly replace: string
  readonly killedBy: TestCommand
}

/** A part of the house, and the mutants in it. */
export interface Area {
  readonly name: string
  readonly mutants: readonly Mutant[]
}

export type Mutation = { readonly text: string } | { readonly stale: string }

/** Changes the text of a file. It is stale when the place is not there, or there are others like it. */
export function applyMutant(
  text: string,
  { file, within, find, replace, times = 1 }: Omit<Mutant, 'name' | 'breaks' | 'killedBy'>,
): Mutation {
  const scope = within === undefined ? { start: 0, end: text.length } : scopeOf(text, within)
  if (scope === undefined) return { stale: `${file} has not exactly one declaration "${within}"` }
  const place = text.slice(scope.start, scope.end)
  const pieces = place.split(find)
  const count = pieces.length - 1
  if (count !== times)
    return { stale: `${file} has it ${count} times, not ${times}: ${find.trim()}` }
  const mutated = pieces.join(replace)
  return { text: text.slice(0, scope.start) + mutated + text.slice(scope.end) }
}

/** A top-level declaration ends at the first blank line that is not inside it. */
function scopeOf(text: string, within: string): { start: number; end: number } | undefined {
  const [before, after, ...others] = text.split(`\n${within}`)
  if (before === undefined || after === undefined || others.length > 0) return undefined
  const end = after.search(/\n\n(?=\S)/)
  const start = before.length + 1
  return { start, end: end === -1 ? text.length : start + within.length + end }
}

export function lineOfCommand({ project, files, names }: TestCommand): string {
  return [project, ...files, ...(names === undefined ? [] : [names])].join(' · ')
}
