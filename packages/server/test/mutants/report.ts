// What a hunt came to, as lines for the terminal and as docs/mutants.md.

import type { Verdict } from './hunt.ts'
import { type Area, lineOfCommand } from './mutant.ts'
import type { TestOutcome } from './run-tests.ts'

export const MUTANTS_PAGE = 'docs/mutants.md'

export function formatProof(
  command: string,
  { result, seconds }: { result: TestOutcome; seconds: number },
): string {
  if (result.outcome === 'green') return `green     ${seconds} s  ${command}`
  return `NOT GREEN ${seconds} s  ${command}\n${JSON.stringify(result)}`
}

export function formatVerdict({ fate, mutant, seconds, detail }: Verdict): string {
  const head = `${fate.padEnd(9)} ${seconds} s  ${mutant.name} (${mutant.breaks})`
  return fate === 'killed' ? `${head}\n            by: ${detail}` : `${head}\n${detail}`
}

export function summarise(verdicts: readonly Verdict[]): string {
  const count = (fate: Verdict['fate']) =>
    verdicts.filter((verdict) => verdict.fate === fate).length
  return (
    `${verdicts.length} mutants: ${count('killed')} killed, ${count('SURVIVED')} survived, ` +
    `${count('stale')} stale, ${count('broken')} broken`
  )
}

export function formatPage(
  areas: readonly Area[],
  verdicts: readonly Verdict[],
  { day, seconds }: { day: string; seconds: number },
): string {
  const introduction = `# Mutants

<!-- Written by \`npm run mutants -- --write\`. -->

A security test is worth something if it fails when the door is open. So each line below opens one: a guard is taken
out, a check skipped, a comparison loosened, one at a time, in a copy of the sources. Then the tests run that should
notice. They must be green before and red after; a change that merely stops the sources from loading does not count.

Last run: ${day}, ${summarise(verdicts)}, in ${Math.ceil(seconds / 60)} minutes.

\`npm run mutants\` runs all of them again and fails if one survives; \`--only <part of a name>\` runs some,
\`--jobs <number>\` says how many at a time, \`--write\` writes this page, and \`--resume <file>\` goes on where a run was
cut off: what that journal says was killed, by the same tests, is not run again. They are data in
\`packages/server/test/mutants/areas\`. A test of every commit checks that each still fits the sources.`
  const tables = areas.flatMap((area) => formatArea(area, verdicts))
  return `${[introduction, ...tables].join('\n\n')}\n`
}

function formatArea({ name, mutants }: Area, verdicts: readonly Verdict[]): string[] {
  const rows = verdicts.filter(({ mutant }) => mutants.includes(mutant)).map(formatRow)
  if (rows.length === 0) return []
  return [
    `## ${name}`,
    ['| mutant | breaks | fate | first test to fail |', RULE, ...rows].join('\n'),
  ]
}

const RULE = '| --- | --- | --- | --- |'

function formatRow({ mutant, fate, detail }: Verdict): string {
  const noticed = fate === 'killed' ? `${lineOfCommand(mutant.killedBy)}: ${detail}` : ''
  const cells = [mutant.name, mutant.breaks, fate, noticed]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
