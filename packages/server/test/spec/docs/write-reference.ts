// Writes the generated pages of docs/reference: `npm run docs`.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../tidy/repo.ts'
import { ERRORS_PAGE, formatErrorsPage } from './errors-page.ts'
import { formatMetricsPage, METRICS_PAGE } from './metrics-page.ts'

const PAGES = { [ERRORS_PAGE]: formatErrorsPage(), [METRICS_PAGE]: formatMetricsPage() }

for (const [page, text] of Object.entries(PAGES)) {
  const path = join(ROOT, page)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  console.log(`wrote ${page}`)
}
