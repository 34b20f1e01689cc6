// `npm run mutants`: puts every mutant into a copy of the sources, one at a time, and fails if the tests that should
// notice stay green. `--only <part of the name>`, `--jobs <number>`, `--write` (docs/mutants.md), `--resume <file>`
// (what that journal says was killed is not run again, and what is killed now is added to it).

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AREAS } from './all-mutants.ts'
import { huntMutants } from './hunt.ts'
import { openJournal } from './journal.ts'
import { formatPage, formatProof, formatVerdict, MUTANTS_PAGE, summarise } from './report.ts'

const CHECKOUT = fileURLToPath(new URL('../../../..', import.meta.url))

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
    resume: { type: 'string' },
  },
})
const jobs = Number(values.jobs)
if (!Number.isInteger(jobs) || jobs < 1) throw new Error('--jobs takes a whole number from 1 on')

const mutants = AREAS.flatMap(({ mutants }) => mutants).filter(({ name }) =>
  name.includes(values.only),
)
if (values.write && values.only !== '')
  throw new Error('--write needs all of them: leave out --only')
if (mutants.length === 0) throw new Error(`no mutant has "${values.only}" in its name`)

const startedAt = new Date()
const journal = openJournal(values.resume)
const known = mutants.flatMap((mutant) => journal.find(mutant) ?? [])
const others = mutants.filter((mutant) => !known.some((verdict) => verdict.mutant === mutant))
const found = await huntMutants(others, {
  checkout: CHECKOUT,
  jobs,
  onProof: (command, proof) => console.log(formatProof(command, proof)),
  onVerdict(verdict) {
    journal.add(verdict)
    console.log(formatVerdict(verdict))
  },
})
const judged = new Map([...known, ...found].map((verdict) => [verdict.mutant, verdict]))
const verdicts = mutants.flatMap((mutant) => judged.get(mutant) ?? [])
const spentBefore = known.reduce((sum, verdict) => sum + verdict.seconds, 0) / jobs
const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000 + spentBefore)
console.log(`\n${summarise(verdicts)} in ${seconds} seconds`)
if (values.write) {
  const page = formatPage(AREAS, verdicts, { day: startedAt.toISOString().slice(0, 10), seconds })
  writeFileSync(join(CHECKOUT, MUTANTS_PAGE), page)
}
process.exitCode = verdicts.every(({ fate }) => fate === 'killed') ? 0 : 1
