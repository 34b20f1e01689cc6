// Reads a file of records, or standard input, as JSON lines or CSV. Says on which line what cannot be read; never
// repeats a value, since it may be a secret. Must not know what the records are about.

import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { CsvError, parse } from 'csv-parse/sync'
import {
  type Columns,
  type ImportRow,
  isObject,
  parseJson,
  unknownColumn,
} from '../operations/import-rows.ts'
import { refuseIfAny } from '../operations/operation.ts'
import { reasonOf, UsageError } from './failure.ts'

export type ImportFormat = 'jsonl' | 'csv'

const FORMAT_OF: Readonly<Record<string, ImportFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'jsonl',
  '.csv': 'csv',
}

const MAX_FILE_BYTES = 64 * 1024 * 1024
const MAX_RECORDS = 50_000
const MAX_RECORD_LENGTH = 64 * 1024

export interface ImportSource {
  /** A path, or `-` for standard input. */
  readonly file: string
  readonly format: ImportFormat | undefined
  readonly stdin: NodeJS.ReadableStream
}

/** @throws UsageError, or OperationError when the CSV as a whole is wrong */
export async function readImportFile(
  { file, format, stdin }: ImportSource,
  columns: Columns,
): Promise<readonly ImportRow[]> {
  const meant = format ?? FORMAT_OF[extname(file).toLowerCase()]
  if (!meant) throw new UsageError(`say the format of ${file} with --format jsonl or --format csv`)
  const text = decode(await readBounded(file === '-' ? stdin : createReadStream(file), file), file)
  const rows = meant === 'csv' ? readCsv(text, columns) : readJsonLines(text)
  if (rows.length <= MAX_RECORDS) return rows
  throw new UsageError(`${file} holds more than ${MAX_RECORDS} records: split it`)
}

async function readBounded(stream: NodeJS.ReadableStream, file: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk)
      length += bytes.length
      if (length > MAX_FILE_BYTES) break
      chunks.push(bytes)
    }
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`)
  }
  if (length > MAX_FILE_BYTES) throw new UsageError(`${file} is larger than 64 MiB: split it`)
  return Buffer.concat(chunks)
}

/** Lines end in one way from here on, and a byte order mark is gone. */
function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch {
    throw new UsageError(
      `${file} is not UTF-8: convert it first (in Excel, save it as "CSV UTF-8")`,
    )
  }
}

const TOO_LONG = `is longer than ${MAX_RECORD_LENGTH} characters`

function readJsonLines(text: string): ImportRow[] {
  return text.split('\n').flatMap((content, index): ImportRow[] => {
    const line = index + 1
    if (content.trim() === '') return []
    if (content.length > MAX_RECORD_LENGTH) return [{ line, problem: TOO_LONG }]
    const values = parseJson(content)
    return [
      isObject(values)
        ? { line, values }
        : { line, problem: 'is not a JSON object: give one on each line' },
    ]
  })
}

interface CsvRecord {
  readonly line: number
  readonly cells: readonly string[]
}

function readCsv(text: string, columns: Columns): ImportRow[] {
  const [header, ...records] = parseCsv(text)
  if (!header) return []
  const names = withoutEmptyEnd(header.cells.map((name) => name.trim()))
  checkHeader(names, header.line, columns)
  return records.map(({ line, cells: all }) => {
    const cells = all.length > names.length ? withoutEmptyEnd(all, names.length) : all
    if (cells.length === names.length) {
      return { line, values: Object.fromEntries(names.map((name, index) => [name, cells[index]])) }
    }
    return { line, problem: `has ${cells.length} values for ${names.length} columns` }
  })
}

/** Spreadsheets write a column that was once used, and is empty. @param least so many stay, empty or not */
function withoutEmptyEnd(cells: readonly string[], least = 0): readonly string[] {
  const last = cells.findLastIndex((cell) => cell !== '')
  return cells.slice(0, Math.max(last + 1, least))
}

/** @throws OperationError: without its header no line can be understood */
function checkHeader(names: readonly string[], line: number, columns: Columns): void {
  const unknown = names.filter((name) => !Object.hasOwn(columns, name))
  const repeated = names.filter((name, index) => names.indexOf(name) !== index)
  refuseIfAny([
    ...unknown.map((field) => ({
      line,
      field: `column "${field}"`,
      problem: unknownColumn(columns),
    })),
    ...repeated.map((field) => ({ line, field: `column "${field}"`, problem: 'is given twice' })),
  ])
}

/** A first line of its own, by which spreadsheets tell each other how values are separated. */
const SEPARATOR_LINE = /^sep=(?<separator>[,;\t])\n/i

/** Where the comma is that of decimals, spreadsheets separate by semicolons; names of columns hold none of these. */
function separatorOf(text: string): string {
  const said = SEPARATOR_LINE.exec(text)?.groups?.separator
  const [header = ''] = text.trimStart().split('\n', 1)
  return said ?? /[,;\t]/.exec(header)?.[0] ?? ','
}

const MISPLACED_QUOTE = 'has a quotation mark within a value: put the value in quotes and double it'

interface ParsedRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/** In our words: those of the parser repeat the value. */
const CSV_PROBLEMS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'opens a quotation mark that is never closed',
  CSV_INVALID_CLOSING_QUOTE: MISPLACED_QUOTE,
  INVALID_OPENING_QUOTE: MISPLACED_QUOTE,
  CSV_MAX_RECORD_SIZE: TOO_LONG,
}

/** @throws OperationError when a record cannot be told from the next */
function parseCsv(text: string): CsvRecord[] {
  try {
    // With `info` it gives more than its types say.
    const found: unknown = parse(text.replace(SEPARATOR_LINE, '\n'), {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_LENGTH,
      record_delimiter: '\n',
      delimiter: separatorOf(text),
      // What a spreadsheet leaves below its table.
      skip_records_with_empty_values: true,
    })
    return (found as readonly ParsedRecord[]).map(({ record, info }) => ({
      line: firstLineOf(record, info.lines),
      cells: record,
    }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const problem = CSV_PROBLEMS[error.code] ?? 'is not CSV'
    refuseIfAny([{ line: Number(error.lines), field: 'record', problem }])
    throw error
  }
}

/** The parser knows the last one. */
function firstLineOf(record: readonly string[], lastLine: number): number {
  return lastLine - (record.join('').split('\n').length - 1)
}
