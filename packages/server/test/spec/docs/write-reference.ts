// Writes the generated pages of docs/reference: `npm run docs`.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../tidy/repo.ts'
import { ERRORS_PAGE, formatErrorsPage } from './errors-page.ts'

const path = join(ROOT, ERRORS_PAGE)
mkdirSync(dirname(path), { recursive: true })
writeFileSync(path, formatErrorsPage())
console.log(`wrote ${ERRORS_PAGE}`)
