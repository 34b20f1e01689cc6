// What is wrong with a configuration, all of it at once: where, what, and what to do about it.

/** Keys and list positions from the root: ['tenants', 0, 'issuer']. */
export type Path = readonly (string | number)[]

export interface ConfigProblem {
  /** `ostiary.config.yaml:12 tenants[0].issuer`, or the variable or flag that the value came from. */
  readonly place: string
  readonly what: string
  readonly remedy: string
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ place, what, remedy }) => `${place}: ${what}\n  → ${remedy}`)
    super(`the configuration has ${count(problems.length)}:\n${lines.join('\n')}`)
    this.problems = problems
  }
}

function count(problems: number): string {
  return problems === 1 ? 'a problem' : `${problems} problems`
}

/** A problem before its place is looked up. */
export interface Finding {
  readonly path: Path
  readonly what: string
  readonly remedy: string
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((part, index) => path[index] === part)
}
