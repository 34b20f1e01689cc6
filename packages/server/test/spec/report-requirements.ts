// Prints the requirements that have no test yet: `npm run requirements`.

import { findMissing, findTestNames, formatMissing } from './requirement-coverage.ts'
import { REQUIREMENTS } from './requirements.ts'

const missing = findMissing(REQUIREMENTS, findTestNames())
for (const entry of missing) console.log(formatMissing(entry))
const sections = Object.keys(REQUIREMENTS).length
console.log(`${missing.length} of ${sections} sections have fewer tests than requirements`)
process.exitCode = missing.length > 0 ? 1 : 0
