// Finds values that stand twice where each may stand once.

import { type Finding, formatPath, type Path } from './problems.ts'

export function checkUnique(
  entries: readonly { readonly path: Path; readonly value: string }[],
): Finding[] {
  const firstPlaces = new Map<string, Path>()
  return entries.flatMap(({ path, value }) => {
    const first = firstPlaces.get(value)
    if (!first) {
      firstPlaces.set(value, path)
      return []
    }
    const what = `"${value}" is used twice, first at ${formatPath(first)}`
    return [{ path, what, remedy: 'give each its own' }]
  })
}
