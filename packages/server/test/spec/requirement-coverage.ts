// Which requirements have a test, and which tests are journeys: finds the names of all tests without running them.

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
    const tests = names
      .filter(({ sections, journey }) => sections.includes(section) && journey !== 'always')
      .map(({ name }) => name)
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
  /** Of the test file. */
  readonly path: string
  /** Whether `npm test` leaves it out: a journey proves no requirement. */
  readonly journey: 'always' | 'sometimes' | 'never'
}

export function findTestNames(files: readonly CodeFile[] = readRepo().code): TestName[] {
  return files.flatMap(namesIn)
}

function namesIn({ program, path }: CodeFile): TestName[] {
  const found: TestName[] = []
  let groups: (Pick<TestName, 'name' | 'journey'> & { end: number })[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title, options], start, end }) {
      const runner = runnerOf(callee)
      const name = title && textOf(title)
      if (runner === undefined || name === undefined) return
      groups = groups.filter((group) => group.end > start)
      if (runner === 'describe') {
        const journey = journeyOf(options)
        groups.push({ name, end, journey })
        // Its tests may be declared by a function elsewhere.
        if (journey === 'always') found.push({ name, sections: [], path, journey })
        return
      }
      const names = [...groups.map((group) => group.name), name]
      const journeys = [...groups.map((group) => group.journey), journeyOf(options)]
      const journey = (['always', 'sometimes'] as const).find((each) => journeys.includes(each))
      const sections = names.flatMap(sectionsOf)
      found.push({ name: names.join(' > '), sections, path, journey: journey ?? 'never' })
    },
  }).visit(program)
  return found
}

/** `JOURNEY` and `journeyIf(…)` of support/journey.ts, as the second argument or part of it. */
function journeyOf(options: Argument | undefined): TestName['journey'] {
  if (options?.type === 'Identifier' && options.name === 'JOURNEY') return 'always'
  if (options?.type === 'CallExpression' && options.callee.type === 'Identifier') {
    return options.callee.name === 'journeyIf' ? 'sometimes' : 'never'
  }
  if (options?.type !== 'ObjectExpression') return 'never'
  const spread = options.properties.filter((each) => each.type === 'SpreadElement')
  return (
    spread.map(({ argument }) => journeyOf(argument)).find((each) => each !== 'never') ?? 'never'
  )
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
