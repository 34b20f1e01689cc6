// The course of every import: all rows are checked first, then the new ones are stored in one transaction, all or none of
// them, and then what is there already is changed, where that was asked for.

import type { AuditEventRecord } from '../store/records.ts'
import { type Columns, type ImportRow, readValues, type ValuesOf } from './import-rows.ts'
import {
  eventOf,
  type FieldProblem,
  type OperationContext,
  OperationError,
  refuseIfAny,
} from './operation.ts'

export interface ImportOptions {
  /** Take the good rows although there are bad ones. */
  readonly partial: boolean
  /** Write nothing: only say what would be done. */
  readonly dryRun?: boolean
  /** Change what is there already, where its row says otherwise. */
  readonly update?: boolean
}

export interface ImportReport {
  readonly imported: number
  readonly changed: number
  readonly unchanged: number
  /** In the order of the rows; those that were left out have problems instead. */
  readonly steps: readonly ImportStep[]
  /** What is wrong with the rows that were left out. */
  readonly problems: readonly FieldProblem[]
}

export interface ImportStep {
  readonly line: number
  readonly id: string
  readonly outcome: 'created' | 'changed' | 'unchanged'
  /** What is changed, by column. */
  readonly columns: readonly string[]
  /** What is meant where the row of a new record says nothing, by column. */
  readonly defaults: Readonly<Record<string, string>>
}

/** What a row changes at a record that is there. */
export interface Change {
  readonly columns: readonly string[]
  readonly problems: readonly FieldProblem[]
  /** @throws OperationError when somebody else has changed it since */
  apply(): Promise<void>
}

/** What is imported, and by which rules. */
export interface ImportKind<Table extends Columns, Stored> {
  readonly noun: 'client' | 'user'
  readonly columns: Table
  /** The column in which a field of the operation stands, where the names differ. */
  readonly columnOf: Readonly<Record<string, string>>
  check(values: ValuesOf<Table>): readonly FieldProblem[]
  /** What no two of them may share, by column; the first names it. */
  keysOf(values: ValuesOf<Table>): Readonly<Record<string, string | undefined>>
  /** What is wrong with a new one because of those that are there. */
  findConflicts(values: ValuesOf<Table>): Promise<readonly FieldProblem[]>
  /** @returns undefined when there is none to be changed */
  findChange?(values: ValuesOf<Table>): Promise<Change | undefined>
  defaultsOf?(values: ValuesOf<Table>): Readonly<Record<string, string>>
  toStored(values: ValuesOf<Table>): Promise<Stored>
  idOf(stored: Stored): string
  /** @returns the positions of those that are taken; then nothing was stored */
  store(batch: readonly Stored[], events: readonly AuditEventRecord[]): Promise<readonly number[]>
}

/** A row that could be read. */
interface Candidate<Table extends Columns> {
  readonly line: number
  readonly values: ValuesOf<Table>
  /** undefined when it is new. */
  readonly change: Change | undefined
  readonly problems: readonly FieldProblem[]
}

type RunOptions = ImportOptions & OperationContext

/**
 * New records are stored in one transaction. After it, those that are there are changed, each in its own: what is
 * interrupted there goes on where it was when the same file is imported once more.
 * @throws OperationError with what is wrong with any row, unless the good ones are to be taken all the same
 */
export async function runImport<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  rows: readonly ImportRow[],
  options: RunOptions,
): Promise<ImportReport> {
  const { partial, dryRun = false, update = false } = options
  if (rows.length === 0) refuseIfAny([{ field: 'file', problem: 'holds no records' }])
  const candidates = await checkRows(kind, rows, update)
  const problems = [...findUnreadable(rows), ...candidates.flatMap((each) => each.problems)]
  if (!(partial || dryRun)) refuseIfAny(problems.toSorted(byLine))
  const good = candidates.filter((candidate) => candidate.problems.length === 0)
  if (!dryRun) {
    await createAll(kind, good, options)
    problems.push(...(await changeAll(good)))
  }
  const refused = new Set(problems.map(({ line }) => line))
  const done = good.filter(({ line }) => !refused.has(line))
  const steps = done.map((candidate) => stepOf(kind, candidate))
  const count = (outcome: ImportStep['outcome']) =>
    steps.filter((step) => step.outcome === outcome).length
  const counts = { imported: count('created'), changed: count('changed') }
  return { ...counts, unchanged: count('unchanged'), steps, problems: problems.toSorted(byLine) }
}

function byLine(a: FieldProblem, b: FieldProblem): number {
  return (a.line ?? 0) - (b.line ?? 0)
}

async function createAll<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  good: readonly Candidate<Table>[],
  context: OperationContext,
): Promise<void> {
  const fresh = good.filter(({ change }) => change === undefined)
  const batch = await inGroups(fresh, ({ values }) => kind.toStored(values))
  // One for each, so that what came in can be traced.
  const events = batch.map((stored) =>
    eventOf(context, `${kind.noun}.imported`, `${kind.noun}:${kind.idOf(stored)}`),
  )
  const taken = batch.length > 0 ? await kind.store(batch, events) : []
  // Somebody was faster since the check.
  refuseIfAny(taken.map((position) => ({ ...TAKEN, line: fresh[position]?.line ?? 0 })))
}

/** @returns what is not changed, because of what others have changed since the check; all else is */
async function changeAll<Table extends Columns>(
  good: readonly Candidate<Table>[],
): Promise<readonly FieldProblem[]> {
  const problems = await inGroups(good, async ({ line, change }) => {
    if (!change || change.columns.length === 0) return []
    try {
      await change.apply()
      return []
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      return error.problems.map((each) => ({ ...each, line }))
    }
  })
  return problems.flat()
}

function stepOf<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  { line, values, change }: Candidate<Table>,
): ImportStep {
  const [id = ''] = Object.values(kind.keysOf(values))
  if (change === undefined) {
    return { line, id, outcome: 'created', columns: [], defaults: kind.defaultsOf?.(values) ?? {} }
  }
  const outcome = change.columns.length > 0 ? 'changed' : 'unchanged'
  return { line, id, outcome, columns: change.columns, defaults: {} }
}

export function existsAlready(field: string, value: string): FieldProblem {
  return { field, problem: `"${value}" exists already` }
}

const TAKEN = {
  field: 'record',
  problem: 'is taken: its id or username is in use',
}

function findUnreadable(rows: readonly ImportRow[]): FieldProblem[] {
  return rows.flatMap((row) => ('problem' in row ? [{ field: 'record', ...row }] : []))
}

async function checkRows<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  rows: readonly ImportRow[],
  update: boolean,
): Promise<readonly Candidate<Table>[]> {
  const firstLines = new Map<string, number>()
  const readable = rows.flatMap((row) => {
    if ('problem' in row) return []
    const { line } = row
    const { values, problems } = readValues(row, kind.columns)
    return [
      { line, values, problems, repeated: findRepeatedKeys(kind.keysOf(values), line, firstLines) },
    ]
  })
  return inGroups(readable, async ({ line, values, problems, repeated }) => {
    const change = update ? await kind.findChange?.(values) : undefined
    const found = change
      ? change.problems
      : [...kind.check(values), ...(await kind.findConflicts(values))]
    const broken = found
      .map(({ field, ...rest }) => ({ ...rest, field: kind.columnOf[field] ?? field }))
      // A value that cannot be understood looks as if it were missing.
      .filter(({ field }) => !problems.some((problem) => problem.field === field))
    const all = [...problems, ...broken, ...repeated].map((each) => ({ line, ...each }))
    return { line, values, change, problems: all }
  })
}

/** @param firstLines of each key so far; those of this line are added */
function findRepeatedKeys(
  keys: Readonly<Record<string, string | undefined>>,
  line: number,
  firstLines: Map<string, number>,
): FieldProblem[] {
  return Object.entries(keys).flatMap(([field, value]) => {
    if (value === undefined || value === '') return []
    const key = `${field} ${value}`
    const first = firstLines.get(key)
    if (first !== undefined) return [{ field, problem: `"${value}" is on line ${first} already` }]
    firstLines.set(key, line)
    return []
  })
}

/** Neither one after the other nor all at once: passwords are hashed in a queue that is not endless. */
const GROUP = 16

async function inGroups<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += GROUP) {
    results.push(...(await Promise.all(items.slice(start, start + GROUP).map(work))))
  }
  return results
}
