// Which requirements have a test: finds the names of all tests without running them.

import { type Argument, Visitor } from 'oxc-parser'
import { type CodeFile, readRepo } from './tidy/repo.ts'
import { runnerOf } from './tidy/runner.ts'

export interface Missing {
  readonly section: string
  /** All requirements of the section; it has fewer tests than these. */
  readonly requirements: readonly string[]
  readonly tests: readonly string[]
}

/** Sections that have fewer tests than requirements. */
export function findMissing(
  required: Readonly<Record<string, readonly string[]>>,
  names: readonly TestName[],
): Missing[] {
  return Object.entries(required).flatMap(([section, requirements]) => {
    const tests = names.filter(({ sections }) => sections.includes(section)).map(({ name }) => name)
    return tests.length < requirements.length ? [{ section, requirements, tests }] : []
  })
}

export function formatMissing({ section, requirements, tests }: Missing): string {
  return [
    `${section}: ${requirements.length} required, ${tests.length} tested`,
    ...requirements.map((requirement) => `    required: ${requirement}`),
    ...tests.map((test) => `    tested:   ${test}`),
  ].join('\n')
}

export interface TestName {
  readonly name: string
  /** Sections cited before the first colon of the name, or of the name of a group it is in. */
  readonly sections: readonly string[]
}

export function findTestNames(files: readonly CodeFile[] = readRepo().code): TestName[] {
  return files.flatMap(namesIn)
}

function namesIn({ program }: CodeFile): TestName[] {
  const found: TestName[] = []
  let groups: { name: string; end: number }[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title], start, end }) {
      const runner = runnerOf(callee)
      const name = title && textOf(title)
      if (runner === undefined || name === undefined) return
      groups = groups.filter((group) => group.end > start)
      if (runner === 'describe') {
        groups.push({ name, end })
        return
      }
      const names = [...groups.map((group) => group.name), name]
      found.push({ name: names.join(' > '), sections: names.flatMap(sectionsOf) })
    },
  }).visit(program)
  return found
}

/** `RFC 6749 §4.1.2`, and the same of OpenID Connect. */
export const SECTION = /(?:RFC|OIDC) \w+ §\d+(?:\.\d+)*/g

/** `A1, RFC 6749 §4.1.2: a code …` -> `RFC 6749 §4.1.2`. */
function sectionsOf(name: string): string[] {
  const [cited = ''] = name.split(': ', 1)
  return cited.match(SECTION) ?? []
}

function textOf(argument: Argument): string | undefined {
  if (argument.type === 'Literal') return String(argument.value)
  if (argument.type === 'TemplateLiteral') return argument.quasis.map((q) => q.value.raw).join('…')
  return undefined
}
