import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { OperationError } from '../operations/operation.ts'
import { UsageError } from './failure.ts'
import { type ImportFormat, readImportFile } from './import-file.ts'

const COLUMNS = { id: 'text', name: 'text', scopes: 'list' } as const

function read(content: string | Buffer, format: ImportFormat | undefined) {
  const stdin = Readable.from([Buffer.from(content)])
  return readImportFile({ file: '-', format, stdin }, COLUMNS)
}

async function refusalOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.catch((thrown: unknown) => thrown)
  if (error instanceof UsageError || error instanceof OperationError) return error.message
  throw new Error('it was not refused', { cause: error })
}

describe('JSON lines', () => {
  it('are read with their line numbers, whatever ends the lines', async () => {
    const text = '\uFEFF{"id":"a","scopes":["x"]}\r\n\n  \n{"id":"b"}'
    expect(await read(text, 'jsonl')).toEqual([
      { line: 1, values: { id: 'a', scopes: ['x'] } },
      { line: 4, values: { id: 'b' } },
    ])
  })

  it('that are no objects are reported one by one, and not repeated', async () => {
    const rows = await read('{"secret":"s3cr3t",}\n["s3cr3t"]\nnull\n{}\n7', 'jsonl')
    const problem = 'is not a JSON object: give one on each line'
    expect(rows).toEqual([
      { line: 1, problem },
      { line: 2, problem },
      { line: 3, problem },
      { line: 4, values: {} },
      { line: 5, problem },
    ])
  })

  it('that are too long are left out, and no others', async () => {
    const rows = await read(`{"id":"${'x'.repeat(70_000)}"}\n{"id":"b"}`, 'jsonl')
    expect(rows).toEqual([
      { line: 1, problem: 'is longer than 65536 characters' },
      { line: 2, values: { id: 'b' } },
    ])
  })
})

describe('CSV', () => {
  it('RFC 4180 §2: is read with quotes, and with the line on which a record begins', async () => {
    const text = '\uFEFFid, name\r\na,"A, ""the\r\nfirst"""\r\n\r\nb,\r\n'
    expect(await read(text, 'csv')).toEqual([
      { line: 2, values: { id: 'a', name: 'A, "the\nfirst"' } },
      { line: 5, values: { id: 'b', name: '' } },
    ])
  })

  it.each([
    [';', 'id;"name"\na;"Acme; Ltd, London"\n;;\n'],
    ['\t', 'id\tname\na\t"Acme; Ltd, London"\n\t\n'],
    [',', 'id,name\na,"Acme; Ltd, London"\n,\n'],
  ])('is read with %j between its values, as spreadsheets save it', async (_separator, text) => {
    for (const saved of [text, `\uFEFF${text}`, `\uFEFF${text.replaceAll('\n', '\r\n')}`]) {
      const values = { id: 'a', name: 'Acme; Ltd, London' }
      expect(await read(saved, 'csv')).toEqual([{ line: 2, values }])
    }
  })

  it('is read with the line that names the separator, and with columns that are empty at the end', async () => {
    const text = 'sep=;\r\nid;name;;\r\na;A;;\r\nb;;;\r\nc;C;;x\r\n'
    expect(await read(text, 'csv')).toEqual([
      { line: 3, values: { id: 'a', name: 'A' } },
      { line: 4, values: { id: 'b', name: '' } },
      { line: 5, problem: 'has 4 values for 2 columns' },
    ])
  })

  it('reports the records that have more or fewer values than the header', async () => {
    expect(await read('id,name\na\nb,B\nc,C,s3cr3t\n', 'csv')).toEqual([
      { line: 2, problem: 'has 1 values for 2 columns' },
      { line: 3, values: { id: 'b', name: 'B' } },
      { line: 4, problem: 'has 3 values for 2 columns' },
    ])
  })

  it('is refused as a whole for a header that is not understood', async () => {
    const refusal = await refusalOf(read('id,colour,id,__proto__\na,red,b,c\n', 'csv'))
    expect(refusal.split('; ')).toEqual([
      'line 1: column "colour" is not known: use id, name, scopes',
      'line 1: column "__proto__" is not known: use id, name, scopes',
      'line 1: column "id" is given twice',
    ])
  })

  it.each([
    ['a,"s3cr3t\nb,B\n', 'opens a quotation mark that is never closed'],
    ['a,s3cr3t"x"\n', 'has a quotation mark within a value: put the value in quotes and double it'],
    ['a,"s3cr3t"x\n', 'has a quotation mark within a value: put the value in quotes and double it'],
    [`a,${'s3cr3t'.repeat(20_000)}\n`, 'is longer than 65536 characters'],
  ])('is refused where one record cannot be told from the next: %#', async (records, problem) => {
    const refusal = await refusalOf(read(`id,name\n${records}`, 'csv'))
    expect(refusal).toMatch(new RegExp(`^line [234]: record ${problem}$`))
  })
})

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-import-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['apps.jsonl', '{"id":"a"}'],
    ['apps.ndjson', '{"id":"a"}'],
    ['apps.JSON', '{"id":"a"}'],
    ['apps.csv', 'id\na'],
  ])('%s is read by the ending of its name', async (name, content) => {
    const file = join(folder, name)
    writeFileSync(file, content)
    const rows = await readImportFile({ file, format: undefined, stdin: process.stdin }, COLUMNS)
    expect(rows).toMatchObject([{ values: { id: 'a' } }])
  })

  it('needs --format when its name does not say it', async () => {
    expect(await refusalOf(read('id\na', undefined))).toBe(
      'say the format of - with --format jsonl or --format csv',
    )
  })

  it('that is not there, or is none, is named', async () => {
    for (const file of [join(folder, 'missing.csv'), folder]) {
      const source = { file, format: 'csv', stdin: process.stdin } as const
      expect(await refusalOf(readImportFile(source, COLUMNS))).toMatch(
        `cannot read ${file}: ${file === folder ? 'EISDIR' : 'ENOENT'}`,
      )
    }
  })

  it('is refused when it is not UTF-8', async () => {
    expect(await refusalOf(read(Buffer.from('id\nZo\xeb', 'latin1'), 'csv'))).toBe(
      '- is not UTF-8: convert it first (in Excel, save it as "CSV UTF-8")',
    )
  })

  it('is refused when it is too large, without being read to its end', async () => {
    let chunks = 0
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1024 * 1024, `${++chunks}`)
      })(),
    )
    const source = { file: '-', format: 'csv', stdin: endless } as const
    expect(await refusalOf(readImportFile(source, COLUMNS))).toBe(
      '- is larger than 64 MiB: split it',
    )
    expect(chunks).toBeLessThan(100)
  })

  it('is refused when it holds too many records', async () => {
    expect(await refusalOf(read(`id\n${'a\n'.repeat(50_001)}`, 'csv'))).toBe(
      '- holds more than 50000 records: split it',
    )
  })
})
