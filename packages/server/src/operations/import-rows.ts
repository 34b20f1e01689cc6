// A file of records to bring along, whatever its format: rows of named values, and how a value is understood.

import type { FieldProblem } from './operation.ts'

export type ImportRow = ReadableRow | UnreadableRow

export interface ReadableRow {
  readonly line: number
  readonly values: Readonly<Record<string, unknown>>
}

export interface UnreadableRow {
  readonly line: number
  /** As a clause. */
  readonly problem: string
}

/** A list may also be text with spaces between its entries, a flag a word for true or false, objects their JSON. */
interface Kinds {
  readonly text: string
  readonly list: readonly string[]
  readonly flag: boolean
  readonly objects: readonly object[]
}

export type Columns = Readonly<Record<string, keyof Kinds>>

export type ValuesOf<Table extends Columns> = {
  readonly [Name in keyof Table]?: Kinds[Table[Name]] | undefined
}

/** A value that is null or empty is one that was not given. */
export function readValues<Table extends Columns>(
  { values }: ReadableRow,
  columns: Table,
): { readonly values: ValuesOf<Table>; readonly problems: readonly FieldProblem[] } {
  const read: Record<string, unknown> = {}
  const problems: FieldProblem[] = []
  for (const [field, value] of Object.entries(values)) {
    const kind = Object.hasOwn(columns, field) ? columns[field] : undefined
    if (!kind) problems.push({ field, problem: unknownColumn(columns) })
    else if (isGiven(kind, value)) {
      read[field] = READERS[kind](value)
      if (read[field] === undefined) problems.push({ field, problem: EXPECTED[kind] })
    }
  }
  return { values: read as ValuesOf<Table>, problems }
}

/** Blanks in a cell of a list name nothing; nobody means by them that what is there is to be emptied. */
function isGiven(kind: keyof Kinds, value: unknown): boolean {
  if (kind !== 'text' && typeof value === 'string') return value.trim() !== ''
  return value !== null && value !== ''
}

/** What stands in a column, once each: what the rows speak of can be looked up before any of them is read. */
export function namedIn(rows: readonly ImportRow[], column: string): readonly string[] {
  const values = rows.map((row) => ('problem' in row ? undefined : row.values[column]))
  return [...new Set(values.filter(isText))]
}

export function unknownColumn(columns: Columns): string {
  return `is not known: use ${Object.keys(columns).join(', ')}`
}

/** @returns undefined when it cannot be understood */
const READERS: { readonly [Kind in keyof Kinds]: (value: unknown) => Kinds[Kind] | undefined } = {
  text: (value) => (isText(value) ? value : undefined),
  list(value) {
    if (isText(value)) return value.split(/\s+/).filter((entry) => entry !== '')
    return Array.isArray(value) && value.every(isText) ? value : undefined
  },
  flag: (value) => FLAGS.get(isText(value) ? value.toLowerCase() : value),
  objects(value) {
    const list = isText(value) ? parseJson(value) : value
    return Array.isArray(list) && list.every(isObject) ? list : undefined
  },
}

/** With the words that spreadsheets in English, German, Dutch and French write for them. */
const FLAGS: ReadonlyMap<unknown, boolean> = new Map([
  ...[true, 'true', 'wahr', 'waar', 'vrai'].map((word) => [word, true] as const),
  ...[false, 'false', 'falsch', 'onwaar', 'faux'].map((word) => [word, false] as const),
])

const EXPECTED: { readonly [Kind in keyof Kinds]: string } = {
  text: 'is not text',
  list: 'is not a list of texts',
  flag: 'is neither true nor false',
  objects: 'is not a list of objects in JSON',
}

/** What a database takes. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns undefined when it is not JSON; the error of the parser would repeat a piece of it, maybe a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
