// Proves that the guide to importing speaks of this version: its tables name every column, its examples can be imported.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readImportFile } from '../../src/cli/import-file.ts'
import { CLIENT_COLUMNS } from '../../src/operations/import-client-values.ts'
import { importClients } from '../../src/operations/import-clients.ts'
import { importUsers, USER_COLUMNS } from '../../src/operations/import-users.ts'
import { createOrganisation } from '../../src/operations/organisations.ts'
import { createTestContext } from '../support/operation-context.ts'
import { ROOT } from './tidy/repo.ts'

const guide = readFileSync(join(ROOT, 'docs/guides/importing.md'), 'utf8')

const PARTS = [
  { title: 'Apps', columns: CLIENT_COLUMNS, take: importClients },
  { title: 'Users', columns: USER_COLUMNS, take: importUsers },
]

/** The text below a heading, up to the next of its kind. */
const partOf = (title: string) => guide.split(/^## /m).find((part) => part.startsWith(title)) ?? ''

test.each(PARTS)('$title: the table names every column with its kind', ({ title, columns }) => {
  const [table = ''] = partOf(title).split('```', 1)
  const rows = [...table.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)]
  expect(rows.map(([, name, kind]) => [name, kind])).toEqual(Object.entries(columns))
})

test.each(PARTS)('$title: the examples can be imported', async ({ title, columns, take }) => {
  const context = await createTestContext()
  await createOrganisation({ name: 'Acme', id: 'acme' }, context)
  const examples = [...partOf(title).matchAll(/^```(csv|jsonl)\n(.*?)^```/gms)]
  expect(examples.map(([, format]) => format)).toEqual(['csv', 'jsonl'])
  for (const [, format, content = ''] of examples) {
    const source = {
      file: '-',
      format: format === 'csv' ? ('csv' as const) : ('jsonl' as const),
      stdin: Readable.from([Buffer.from(content)]),
    }
    const rows = await readImportFile(source, columns)
    expect(await take(rows, { partial: false }, context)).toMatchObject({ imported: rows.length })
  }
  await context.store.close()
})
