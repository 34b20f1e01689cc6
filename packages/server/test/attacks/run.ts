// Runs the portable checks against servers and prints what was seen:
// `npm run attacks -- [--target oidc-provider | --url http://… --driver file.ts] [--only A7] [--write]`

import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../spec/tidy/repo.ts'
import { CHECKS } from './checks/index.ts'
import { type Column, measureColumn } from './column.ts'
import { COMPARISON_PAGE, formatPage } from './comparison-page.ts'
import { formatColumn } from './report.ts'
import { type Opening, openDriven, TARGETS } from './targets/index.ts'

const OURS = 'Ostiary'

const { values } = parseArgs({
  options: {
    target: { type: 'string', default: 'ostiary' },
    url: { type: 'string' },
    driver: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

const columns: Column[] = []
for (const open of choose()) {
  const column = await measureColumn(open, ({ row }) => (values.only ?? row) === row)
  process.stdout.write(`${formatColumn(column)}\n`)
  columns.push(column)
}
if (values.write) writeFileSync(join(ROOT, COMPARISON_PAGE), formatPage(columns, new Date()))
// A peer's weakness is a result; one of ours, or a check that could not run, is a failure.
process.exitCode = columns.every(isClean) ? 0 : 1

function choose(): readonly Opening[] {
  const { target, url, driver, only, write } = values
  if (write && only !== undefined) throw new Error('--write wants all checks: leave --only out')
  if (!CHECKS.some(({ row }) => (only ?? row) === row)) {
    throw new Error(`no portable check has the number ${only}`)
  }
  if (write) return Object.values(TARGETS).flat()
  if (url !== undefined || driver !== undefined) {
    if (url === undefined || driver === undefined) {
      throw new Error('--url and --driver go together: the driver describes what is at the URL')
    }
    return [openDriven(url, resolve(driver))]
  }
  const openings = TARGETS[target]
  if (openings) return openings
  throw new Error(`there is no target "${target}"; there are ${Object.keys(TARGETS).join(', ')}`)
}

function isClean({ name, findings }: Column): boolean {
  const failures = name.startsWith(OURS) ? ['broke', 'not run'] : ['not run']
  return [...findings.values()].every(({ verdict }) => !failures.includes(verdict))
}
