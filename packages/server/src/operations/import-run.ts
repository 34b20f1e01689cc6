// The course of every import: all rows are checked first, then stored in one transaction, all or none of them.

import type { AuditEventRecord } from '../store/records.ts'
import { type Columns, type ImportRow, readValues, type ValuesOf } from './import-rows.ts'
import { eventOf, type FieldProblem, type OperationContext, refuseIfAny } from './operation.ts'

export interface ImportOptions {
  /** Take the good rows although there are bad ones. */
  readonly partial: boolean
}

export interface ImportReport {
  readonly imported: number
  /** What is wrong with the rows that were left out. */
  readonly problems: readonly FieldProblem[]
}

/** What is imported, and by which rules. */
export interface ImportKind<Table extends Columns, Stored> {
  readonly noun: 'client' | 'user'
  readonly columns: Table
  /** The column in which a field of the operation stands, where the names differ. */
  readonly columnOf: Readonly<Record<string, string>>
  check(values: ValuesOf<Table>): readonly FieldProblem[]
  /** What no two of them may share, by column. */
  keysOf(values: ValuesOf<Table>): Readonly<Record<string, string | undefined>>
  /** @returns the columns of those keys that are in use already */
  findTaken(values: ValuesOf<Table>): Promise<readonly string[]>
  toStored(values: ValuesOf<Table>): Promise<Stored>
  idOf(stored: Stored): string
  /** @returns the positions of those that are taken; then nothing was stored */
  store(batch: readonly Stored[], events: readonly AuditEventRecord[]): Promise<readonly number[]>
}

/** A row that could be read. */
interface Candidate<Table extends Columns> {
  readonly line: number
  readonly values: ValuesOf<Table>
  readonly problems: readonly FieldProblem[]
}

/** @throws OperationError with what is wrong with any row, unless the good ones are to be taken all the same */
export async function runImport<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  rows: readonly ImportRow[],
  { partial, ...context }: ImportOptions & OperationContext,
): Promise<ImportReport> {
  if (rows.length === 0) refuseIfAny([{ field: 'file', problem: 'holds no records' }])
  const candidates = await checkRows(kind, rows)
  const problems = [...findUnreadable(rows), ...candidates.flatMap((each) => each.problems)]
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  if (!partial) refuseIfAny(problems)
  const good = candidates.filter((candidate) => candidate.problems.length === 0)
  const batch = await inGroups(good, ({ values }) => kind.toStored(values))
  // One for each, so that what came in can be traced.
  const events = batch.map((stored) =>
    eventOf(context, `${kind.noun}.imported`, `${kind.noun}:${kind.idOf(stored)}`),
  )
  const taken = batch.length > 0 ? await kind.store(batch, events) : []
  // Somebody was faster since the check, or it is kept from being used again.
  refuseIfAny(taken.map((position) => ({ ...TAKEN, line: good[position]?.line ?? 0 })))
  return { imported: batch.length, problems }
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
): Promise<readonly Candidate<Table>[]> {
  const firstLines = new Map<string, number>()
  const candidates = rows.flatMap((row): Candidate<Table>[] => {
    if ('problem' in row) return []
    const { values, problems } = readValues(row, kind.columns)
    const broken = checkRules(kind, values).filter(
      // A value that cannot be understood looks as if it were missing.
      ({ field }) => !problems.some((problem) => problem.field === field),
    )
    const repeated = findRepeatedKeys(kind.keysOf(values), row.line, firstLines)
    return [{ line: row.line, values, problems: [...problems, ...broken, ...repeated] }]
  })
  return inGroups(candidates, async ({ line, values, problems }) => {
    const taken = await kind.findTaken(values)
    const existing = taken.map((field) => ({
      field,
      problem: `"${kind.keysOf(values)[field]}" exists already`,
    }))
    return { line, values, problems: [...problems, ...existing].map((each) => ({ line, ...each })) }
  })
}

function checkRules<Table extends Columns, Stored>(
  kind: ImportKind<Table, Stored>,
  values: ValuesOf<Table>,
): FieldProblem[] {
  return kind
    .check(values)
    .map(({ field, problem }) => ({ field: kind.columnOf[field] ?? field, problem }))
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
