// What keeps people out of a page, as axe finds it: WCAG 2.2 AA and good practice, in both colour schemes.

import axe from 'axe-core'
import type { Page } from 'playwright-core'

const RULES = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
}

/** Only the violations leave the page, each with the elements that it is about. */
const RUN = `axe.run(${JSON.stringify(RULES)}).then(({ violations }) =>
  violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`

export async function findViolations(page: Page): Promise<readonly unknown[]> {
  await page.evaluate(axe.source)
  const found: unknown[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const violations = await page.evaluate<unknown[]>(RUN)
    found.push(...violations.map((violation) => [colorScheme, violation]))
  }
  await page.emulateMedia({ colorScheme: null })
  return found
}
