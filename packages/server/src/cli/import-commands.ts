// ostiary import …

import { type Command, Option } from 'commander'
import { allowancesIn, CLIENT_COLUMNS } from '../operations/import-client-values.ts'
import { importClients } from '../operations/import-clients.ts'
import type { Columns, ImportRow } from '../operations/import-rows.ts'
import type { ImportOptions, ImportReport, ImportStep } from '../operations/import-run.ts'
import { importUsers, USER_COLUMNS } from '../operations/import-users.ts'
import { describeProblem } from '../operations/operation.ts'
import type { Answer } from './answer.ts'
import { addCommand, type Terminal } from './command.ts'
import { type Context, type TenantOptions, withTenant } from './deployment.ts'
import { EXIT_CODES } from './failure.ts'
import { type ImportFormat, readImportFile } from './import-file.ts'
import { explain } from './legacy-commands.ts'
import { tenantOption } from './tenant-option.ts'

interface CommandOptions extends TenantOptions {
  readonly format?: ImportFormat
  readonly partial?: boolean
  readonly dryRun?: boolean
  readonly update?: boolean
}

interface Kind {
  readonly nouns: string
  readonly columns: Columns
  /** What somebody who brings these along has to know. */
  warningsOf?(rows: readonly ImportRow[]): readonly string[]
  run(rows: readonly ImportRow[], options: ImportOptions, context: Context): Promise<ImportReport>
}

export function addImportCommands(program: Command, terminal: Terminal): void {
  const group = program.command('import').description('import apps and users from a file')
  addCommand<CommandOptions>(group, terminal, {
    usage: 'clients <file>',
    description: 'register the apps in a file with their existing secrets; - reads standard input',
    options: (command) => {
      importOptions(command)
      command.option('--update', 'change the apps that exist already, where a line differs')
    },
    run: (options, [file = '']) => run(file, options, { terminal, kind: CLIENTS }),
  })
  addCommand<CommandOptions>(group, terminal, {
    usage: 'users <file>',
    description:
      'create the users in a file with their existing password hashes; - reads standard input',
    options: importOptions,
    run: (options, [file = '']) => run(file, options, { terminal, kind: USERS }),
  })
}

const CLIENTS: Kind = {
  nouns: 'apps',
  columns: CLIENT_COLUMNS,
  run: importClients,
  warningsOf: (rows) => explain(allowancesIn(rows)),
}
const USERS: Kind = { nouns: 'users', columns: USER_COLUMNS, run: importUsers }

function importOptions(command: Command): void {
  tenantOption(command)
    .addOption(
      new Option(
        '--format <format>',
        'JSON lines or CSV (default: by the file name extension)',
      ).choices(['jsonl', 'csv'] satisfies ImportFormat[]),
    )
    .option('--partial', 'import the good lines even if there are bad ones')
    .option('--dry-run', 'write nothing: say what would be done, and with which defaults')
}

async function run(
  file: string,
  { format, partial = false, dryRun = false, update = false, ...options }: CommandOptions,
  { terminal, kind }: { readonly terminal: Terminal; readonly kind: Kind },
): Promise<Answer> {
  const rows = await readImportFile({ file, format, stdin: terminal.stdin }, kind.columns)
  const report = await withTenant({ ...options, patient: true }, terminal, (context) =>
    kind.run(rows, { partial, dryRun, update }, context),
  )
  const { problems, steps, ...counts } = report
  const told = steps.filter(
    ({ outcome }) => outcome === 'changed' || (dryRun && outcome === 'created'),
  )
  const summary = `${summarise(counts, { dryRun, update })} of ${rows.length} ${kind.nouns}`
  return {
    data: { ...counts, records: rows.length, problems, steps: told, dryRun },
    text: [
      dryRun ? `${summary}; nothing was written` : summary,
      ...told.map((step) => describeStep(step, dryRun)),
      ...problems.map(describeProblem),
      ...(kind.warningsOf?.(rows) ?? []),
    ].join('\n'),
    exitCode: problems.length === 0 ? EXIT_CODES.ok : EXIT_CODES.usage,
  }
}

function summarise(
  { imported, changed, unchanged }: Pick<ImportReport, 'imported' | 'changed' | 'unchanged'>,
  { dryRun, update }: { readonly dryRun: boolean; readonly update: boolean },
): string {
  const words = dryRun ? ['would import', 'change', 'leave'] : ['imported', 'changed', 'left']
  const [create, change, leave] = words
  if (!update) return `${create} ${imported}`
  return `${create} ${imported}, ${change} ${changed} and ${leave} ${unchanged} as they are,`
}

function describeStep(
  { line, id, outcome, columns, defaults }: ImportStep,
  dryRun: boolean,
): string {
  const is = dryRun ? 'would be' : 'was'
  const meant = Object.entries(defaults).map(([column, value]) => `${column} ${value}`)
  const more = outcome === 'changed' ? columns : meant
  const how = outcome === 'changed' ? ': ' : more.length > 0 ? '; by default ' : ''
  return `line ${line}: "${id}" ${is} ${outcome}${how}${more.join(', ')}`
}
