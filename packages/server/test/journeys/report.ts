// What the journeys came to, as a line for the terminal and as docs/journeys.md.

import { availableParallelism, cpus, totalmem } from 'node:os'

export const JOURNEYS_PAGE = 'docs/journeys.md'

export interface Journey {
  /** Of the test, below `test`. */
  readonly file: string
  readonly name: string
  readonly result: string
  readonly seconds: number
}

export interface RunFacts {
  readonly day: string
  readonly commit: string
  readonly seconds: number
}

export function summarise(journeys: readonly Journey[]): string {
  const passed = journeys.filter(({ result }) => result === 'passed').length
  return `${journeys.length} journeys: ${passed} passed, ${journeys.length - passed} failed`
}

export function formatPage(journeys: readonly Journey[], facts: RunFacts): string {
  const minutes = Math.ceil(facts.seconds / 60)
  return `# Journeys

<!-- Written by \`npm run journeys -- --write\`. -->

Some tests take longer than a commit has time for: a dozen processes one after the other, fifty thousand apps. Each
says once more, at length or on the other database, what a shorter one of \`npm test\` says; so none of them is the only
proof of anything ([decision 0076](decisions/0076-what-runs-when.md)). They stand beside those, and have the tag
\`journey\`.

Last run: ${facts.day}, at commit ${facts.commit}: ${summarise(journeys)}, in ${minutes} minutes, with Node
${process.versions.node} on ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}.

\`npm run journeys\` runs all of them and fails if one does; \`--only <part of a name>\` runs some, and \`--write\` writes
this page. A test of every commit checks that each of them stands here.

| journey | file | result | seconds |
| --- | --- | --- | --- |
${journeys.map(formatRow).join('\n')}
`
}

function formatRow({ file, name, result, seconds }: Journey): string {
  const cells = [name, file, result, seconds.toFixed(1)]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}
